#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The sessions shown in the pages: run, and their output compared.
. "$(dirname "$0")/examples.bash"

count=0
for page in "${pages[@]}"; do
    rm -rf "$work/session" && mkdir "$work/session"
    displays "$page" '$ ' "$work/session/shown"
    for shown in "$work"/session/shown.*; do
        [[ -e $shown ]] || continue
        count=$((count + 1))
        mkdir "$shown.d"
        sed -n 's/^\$ //p' "$shown" >"$shown.commands"
        sed '/^\$ /d' "$shown" >"$shown.expected"
        (cd "$shown.d" && bash -u "$shown.commands") >"$shown.actual" 2>"$shown.errors" || true
        diff "$shown.expected" "$shown.actual" || fail "$page: $(cat "$shown" "$shown.errors")"
    done
done
[[ -z $(ls -A "$STREAMX_DIR") ]] || fail "left behind: $(ls -A "$STREAMX_DIR")"
echo "$count sessions"
((count >= 6)) || fail "too few sessions were found"
