#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every page is clean, and every program, option and function has its page.
. "$(dirname "$0")/examples.bash"

# What mandoc finds, down to questions of style; whether a page is installed is looked at below.
for page in "${pages[@]}"; do
    found=$(mandoc -T lint "$page" 2>/dev/null | grep -v "referenced manual not found") || true
    [[ -z $found ]] || fail "not clean: $found"
done

# The options that --help lists are in the page, and the other way round.
for program in streamx-pub streamx-sub streamx streamx-nats; do
    command -v "$program" >/dev/null || continue # built only where its library is
    "$program" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u >"$work/help"
    page=$source_dir/cli/man/$program.1
    mandoc -T ascii "$page" | col -b | grep -oE -- '(^|[ ,(])--[a-z][a-z-]+' | grep -oE -- '--.*' |
        sort -u >"$work/page"
    diff "$work/help" "$work/page" || fail "$program: --help and the page differ"
done

# Every exported call is named by a page, and every page of section 3 names what is there. (A number at
# its end is that of what the headers compile into programs.)
for name in $(<"$source_dir/tests/package/symbols"); do
    [[ $name == *_[0-9] ]] && continue
    grep -qxF ".Nm $name" <(sed 's/ ,$//' "$source_dir"/lib/man/*.3) || fail "no page for $name"
done

# Cross-references lead somewhere.
sed -n 's/^\.Xr \(streamx[^ ]*\|STREAMX[^ ]*\) \([137]\).*/\1.\2/p' "${pages[@]}" | sort -u |
    while read -r reference; do
        name=${reference%.*} section=${reference##*.}
        [[ -e $source_dir/lib/man/$reference ]] || grep -qsE "^\.Nm $name( ,)?$" "$source_dir"/{cli,lib}/man/*."$section" ||
            fail "no such page: $name($section)"
    done
