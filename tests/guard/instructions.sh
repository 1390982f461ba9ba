#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# instructions.sh PROGRAM: how many instructions each call takes on the fast path, by
# valgrind's callgrind, beside the numbers in tests/guard/instructions. More than recorded, by more
# than one in twenty and two: fails. The numbers are of the optimised gcc build on x86-64, by the
# compiler that is named there; with another one, or without valgrind, it is skipped.
#
# After a change that is meant, in a build directory as CONTRIBUTING.md makes it:
#
#   tests/guard/instructions.sh --record build/tests/guard/guard_fast_path
set -euo pipefail

numbers=$(dirname "$0")/instructions
record=
if [[ ${1:-} == --record ]]; then
    record=1
    shift
fi
program=$1

work=$(mktemp -d)
streams=$(mktemp -d -p "$([[ -w /dev/shm ]] && echo /dev/shm || echo "$work")" streamx-guard.XXXXXX)
trap 'rm -rf "$work" "$streams"' EXIT
export STREAMX_DIR=$streams LD_BIND_NOW=1

"$program" next || exit # not the build that is counted: 77
if ! command -v valgrind >/dev/null; then
    echo "no valgrind" >&2
    exit 77
fi
compiler=$(strings -a "$program" | sed -n 's/^GCC: .*) \([0-9]*\)\..*/gcc \1/p' | head -n 1)
if [[ -z $record && $compiler != "$(sed -n 's/^# //p' "$numbers")" ]]; then
    echo "the numbers are not of this compiler: ${compiler:-unknown}" >&2
    exit 77
fi

# The instructions of a function and of what it calls, for each of its calls.
count() { # WORK FUNCTION CALLS
    local status=0 total
    valgrind --tool=callgrind --toggle-collect="$2" --callgrind-out-file="$work/out" -q \
        "$program" "$1" 2>"$work/said" || status=$?
    if ((status != 0)); then
        cat "$work/said" >&2
        exit "$status"
    fi
    total=$(sed -n 's/^totals: //p' "$work/out")
    if ((total < $3)); then
        echo "not seen in a run of $1: $2" >&2
        exit 1
    fi
    echo "$1/$2 $((total / $3))"
}

counts() {
    count next streamx_put 6400
    count next streamx_next 6400
    count take streamx_take 6400
    count take streamx_ack 6400
    count batch streamx_putv 6400
    count batch streamx_next 51200
    count inline next_in_line 51200
    count single next_in_line 6400
    count uneven streamx_putv 6400
    count uneven streamx_next 51200
    count whole streamx_putv 6400
    count whole streamx_take_parts 6400
    count loan streamx_loan 6400
    count loan streamx_publish 6400
    count lengths streamx_put 6400
    count lengths streamx_next 6400
    count fill streamx_put 6400
    count spin streamx_put 6400
    count shared streamx_put 6400
}
counts >"$work/now"

if [[ -n $record ]]; then
    { echo "# $compiler"; cat "$work/now"; } >"$numbers"
    cat "$numbers"
    exit
fi
failed=0
while read -r name now; do
    before=$(sed -n "s:^$name ::p" "$numbers")
    limit=$((before + before / 20 + 2))
    verdict=
    if ((now > limit)); then
        verdict="more than $limit"
        failed=1
    fi
    printf '%-24s %4d, recorded %4d  %s\n' "$name" "$now" "$before" "$verdict"
done <"$work/now"
exit $failed
