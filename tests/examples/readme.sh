#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh SOURCE_DIR PROGRAM_DIR GREET
# Replays the transcripts of README.md and compares the output; looks whether its tests exist.
set -euo pipefail

source_dir=$1 program_dir=$2 greet=$3
readme=$source_dir/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "readme.sh: $*" >&2
    exit 1
}

transcripts=0
replay() { # the text of a transcript on standard input
    local text commands
    text=$(cat)
    transcripts=$((transcripts + 1))
    commands=$(sed -n 's/^\$ //p' <<<"$text" | grep -v '^cc ') # that one is compiled by the build
    sed '/^\$ /d' <<<"$text" >"$work/expected"
    bash -euo pipefail -c "$commands" >"$work/actual" 2>&1 || fail "failed: $commands"
    diff "$work/expected" "$work/actual" || fail "another output: $commands"
}

export PATH=$program_dir:$PATH
export STREAMX_DIR=$work/streams
mkdir "$STREAMX_DIR"
cd "$work"
cp "$greet" greet

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
((transcripts == 2)) || fail "$transcripts transcripts were found"
[[ -z $(ls -A "$STREAMX_DIR") ]] || fail "left behind: $(ls -A "$STREAMX_DIR")"

# The tests that the table of guarantees names.
table=$(sed -n '/^## Guarantees/,/^## /s/^|.*|\([^|]*\)|$/\1/p' "$readme")
named=$(grep -oE '[a-z0-9]+(_[a-z0-9]+)+' <<<"$table")
(($(wc -w <<<"$named") >= 20)) || fail "too few tests were found in the table"
for name in $named; do
    grep -rqF "START_TEST($name)" "$source_dir/tests" || fail "no such test: $name"
done
