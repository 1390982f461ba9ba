#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# cmake.sh SOURCE_DIR BUILD_DIR CC CXX
# Installs into a directory, moves it, and builds a foreign CMake project against it.
set -euo pipefail

source_dir=$1 build_dir=$2 cc=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "cmake.sh: $*" >&2
    exit 1
}

cmake --install "$build_dir" --prefix "$work/prefix" >/dev/null
mv "$work/prefix" "$work/moved"
mkdir "$work/project" "$work/streams"
cp "$source_dir/foreign.cmake.in" "$work/project/CMakeLists.txt"
cp "$source_dir/foreign.c" "$work/project/foreign.c"
cp "$source_dir/foreign.c" "$work/project/foreign.cpp"
configure=(cmake -S "$work/project" -B "$work/build" "-DCMAKE_PREFIX_PATH=$work/moved"
    "-DCMAKE_C_COMPILER=$cc" "-DCMAKE_CXX_COMPILER=$cxx" --log-level=WARNING)
"${configure[@]}"
cmake --build "$work/build" >"$work/log" || fail "$(<"$work/log")"
for program in shared static cpp; do
    STREAMX_DIR=$work/streams "$work/build/$program" || fail "$program ended with $?"
done

# Of an interface that may still change, another minor version is another one.
sed -i 's/find_package(streamx 0.1 /find_package(streamx 0.2 /' "$work/project/CMakeLists.txt"
if "${configure[@]}" 2>/dev/null; then
    fail "0.2 was found"
fi
