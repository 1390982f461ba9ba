#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs one case: NAME.sh in an empty directory, with a stream directory of its own. It must print
# exactly NAME.out on standard output (and NAME.err on standard error, if there is such a file), end
# with the exit status in NAME.exit (0 if there is none), and leave no stream behind. It starts with
# `. "$SUPPORT"`, see support.bash. One that ends with status 77 is skipped: it lacks a tool.
#
# Usage: run_case.sh DIRECTORY-OF-PROGRAMS DIRECTORY-OF-TEST-PROGRAMS CASE.sh
set -u

export PATH=$1:$2:$PATH LC_ALL=C
case=${3%.sh}
SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/support.bash
export SUPPORT
parent=/dev/shm
[[ -w $parent ]] || parent=${TMPDIR:-/tmp}
top=$(mktemp -d "$parent/streamx-case.XXXXXX") || exit 1
trap 'rm -rf "$top"' EXIT
export STREAMX_DIR=$top/streams
mkdir "$STREAMX_DIR" "$top/work"

(cd "$top/work" && exec bash -u "$case.sh") >"$top/out" 2>"$top/err"
status=$?
if [[ $status == 77 ]]; then
    cat "$top/err"
    exit 77
fi

sed -i "s,$top,TOP,g" "$top/out" "$top/err" # its place differs from run to run

failed=0
complain() {
    echo "$(basename "$case"): $*"
    failed=1
}
expected=0
[[ ! -e $case.exit ]] || expected=$(<"$case.exit")
[[ $status == "$expected" ]] || complain "exit status $status instead of $expected"
diff -u "$case.out" "$top/out" || complain "standard output differs"
if [[ -e $case.err ]]; then
    diff -u "$case.err" "$top/err" || complain "standard error differs"
fi
[[ -z $(ls -A "$STREAMX_DIR") ]] || complain "left behind:" "$(ls -A "$STREAMX_DIR")"
if ((failed)); then
    echo "--- standard error:"
    cat "$top/err"
fi
exit "$failed"
