#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh SOURCE_DIR PROGRAM_DIR EXAMPLE_DIR
# Replays the transcripts of README.md and compares the output, but for pids, times and counts that
# differ from run to run; looks whether its tests and pictures exist.
set -euo pipefail

source_dir=$1 program_dir=$2 example_dir=$3
readme=$source_dir/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "readme.sh: $*" >&2
    exit 1
}

steady() { sed -E "s,$STREAMX_DIR,/dev/shm," "$1" | sed -E 's/pid [0-9]+/pid N/g; s/ for [0-9.]+m?s/ for T/; s/message [0-9]+ \([0-9]+/message N (N/'; }

# What the transcripts call another machine is this one.
ssh() { "${@:2}"; }
export -f ssh

transcripts=0
replay() { # the text of a transcript on standard input
    local text commands
    text=$(cat)
    transcripts=$((transcripts + 1))
    commands=$(sed -n 's/^\$ //p' <<<"$text" | grep -v '^cc ') # that one is compiled by the build
    sed '/^\$ /d' <<<"$text" >"$work/expected"
    bash -euo pipefail -c "$commands" >"$work/actual" 2>&1 || fail "failed: $commands"
    diff <(steady "$work/expected") <(steady "$work/actual") || fail "another output: $commands"
}

export PATH=$program_dir:$PATH
export STREAMX_DIR=$work/streams
mkdir "$STREAMX_DIR"
cd "$work"
cp "$example_dir"/{greet,poller} .

block=
inside=
while IFS= read -r line; do
    case $inside$line in
    '```console') inside=yes block= ;;
    'yes```')
        inside=
        replay <<<"$block"
        ;;
    yes*) block+=${block:+$'\n'}$line ;;
    esac
done <"$readme"
((transcripts == 14)) || fail "$transcripts transcripts were found"
[[ -z $(ls -A "$STREAMX_DIR") ]] || fail "left behind: $(ls -A "$STREAMX_DIR")"

for picture in $(grep -oE '\(cli/pictures/[a-z]+\.svg\)' "$readme" | tr -d '()'); do
    [[ -s $source_dir/$picture ]] || fail "no such picture: $picture"
done

# The options that it names are there.
for program in streamx-pub streamx-sub streamx; do "$program" --help; done >help
grep -h '^    "  ' "$source_dir"/cli/nats/options.c >>help # perhaps not built
grep -h '^#   --' "$source_dir"/scripts/* >>help
for option in $(grep -v '^\$ c' "$readme" | grep -E 'streamx-|streamx |`--' |
    grep -oE -- '(^|[ `(])--[a-z][a-z-]+' | grep -oE -- '--.*' | sort -u); do
    grep -qe "$option" help || case $option in
    --build | --install | --ipc | --line-buffered | --unbuffered | --max-args | --max-procs | --prefix | --force) ;; # of others
    *) fail "no such option: $option" ;;
    esac
done

# The tests that the table of guarantees names.
table=$(sed -n '/^## Guarantees/,/^## /s/^|.*|\([^|]*\)|$/\1/p' "$readme")
named=$(grep -oE '[a-z0-9]+(_[a-z0-9]+)+' <<<"$table")
(($(wc -w <<<"$named") >= 20)) || fail "too few tests were found in the table"
for name in $named; do
    grep -rqF "START_TEST($name)" "$source_dir/tests" || fail "no such test: $name"
done
