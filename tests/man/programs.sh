#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The programs shown in the pages: compiled with every warning on, and run; each ends with 0.
. "$(dirname "$0")/examples.bash"

libdir=$(dirname "$library")
flags=(-std=gnu11 -Wall -Wextra -Wshadow -Wconversion -Werror -I "$source_dir/include")
if nm -D "$library" | grep -q __asan_init; then
    flags+=(-fsanitize=address,undefined)
fi
count=0
for page in "$source_dir"/lib/man/*.[37]; do
    displays "$page" '#include' "$work/$(basename "$page")"
    for shown in "$work/$(basename "$page")".*; do
        [[ -e $shown ]] || continue
        libraries=(-L "$libdir" -lstreamx)
        if grep -q streamx_uring.h "$shown"; then
            pkg-config --exists liburing || continue
            libraries+=(-luring)
        fi
        "$cc" "${flags[@]}" -x c "$shown" -x none -o "$work/program" "${libraries[@]}" ||
            fail "$page: does not compile"
        LD_LIBRARY_PATH=$libdir timeout 60 "$work/program" >"$work/output" ||
            fail "$page: ended with $?: $(cat "$shown")"
        count=$((count + 1))
    done
done
echo "$count programs"
((count >= 5)) || fail "too few programs were found"
