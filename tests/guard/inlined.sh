#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each compiler that is here puts streamx_next into the program, as C and as C++, and calls the
# library only by the name that says which layout it was compiled with; and not at once.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

called() { # of COMMAND... SOURCE: the library's functions
    "$@" -O2 -I "$here/../../include" -c -o "$work/object" "$here/in_line.c"
    nm --undefined-only "$work/object" | sed -n 's/.* U \(streamx_\)/\1/p'
}

tried=0
for compiler in "gcc -std=c11" "clang -std=c11" "g++ -x c++" "clang++ -x c++"; do
    read -ra command <<<"$compiler"
    command -v "${command[0]}" >/dev/null || continue
    tried=$((tried + 1))
    calls=$(called "${command[@]}")
    if [[ $calls != streamx_next_5 ]]; then
        echo "$compiler: calls" $calls >&2
        exit 1
    fi
    bytes=$((16#$(nm -S "$work/object" | awk '$4 ~ /next_in_line/ { print $2 }')))
    if ((bytes < 64)); then
        echo "$compiler: calls, and does nothing else" >&2
        exit 1
    fi
    calls=$(called "${command[@]}" -DSTREAMX_NO_INLINE)
    if [[ $calls != streamx_next ]]; then
        echo "$compiler, without inlining: calls" $calls >&2
        exit 1
    fi
done
echo "$tried compilers"
((tried > 0))
