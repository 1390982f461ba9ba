#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh SOURCE_DIR BUILD_DIR CC CXX
# Installs into a directory, moves it, and builds a foreign program by pkg-config alone.
set -euo pipefail

source_dir=$1 build_dir=$2 cc=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/moved

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

cmake --install "$build_dir" --prefix "$work/prefix" >/dev/null
mv "$work/prefix" "$prefix"
libdir=$(dirname "$(dirname "$(find "$prefix" -name streamx.pc)")")
export PKG_CONFIG_PATH=$libdir/pkgconfig
export STREAMX_DIR=$work/streams
mkdir "$STREAMX_DIR"

for file in "$prefix"/include/streamx{.h,.hpp,_{fd,inspect,loan,next,typed,uring}.h} "$libdir"/libstreamx.{a,so,so.0,so.0.1.0}; do
    [[ -e $file ]] || fail "not installed: $file"
done
[[ $(pkg-config --modversion streamx) == 0.1.0 ]] || fail "streamx.pc tells another version"

# What the library exports: the calls of the header, and not a name more.
nm -D --defined-only "$libdir/libstreamx.so" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' |
    LC_ALL=C sort | diff "$source_dir/symbols" - || fail "other symbols are exported"
if nm -g --defined-only "$libdir/libstreamx.a" | awk 'NF == 3 { print $3 }' |
    grep -vE '^(streamx|sx)_'; then
    fail "the static library defines foreign names"
fi

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
c=("$cc" -std=c11 "${warnings[@]}" "$source_dir/foreign.c")
cpp=("$cxx" -std=c++11 "${warnings[@]}" -x c++ "$source_dir/foreign.c" -x none)
read -ra shared_flags < <(pkg-config --cflags --libs streamx)
read -ra static_flags < <(pkg-config --static --cflags --libs streamx)
"${c[@]}" -o "$work/c-shared" "${shared_flags[@]}"
"${c[@]}" -o "$work/c-static" -static "${static_flags[@]}"
"${cpp[@]}" -o "$work/cpp-shared" "${shared_flags[@]}"
"${cpp[@]}" -o "$work/cpp-static" -static "${static_flags[@]}"
printf '#include <streamx.hpp>\nint main() { return streamx::list().size() != 0; }\n' >"$work/header.cpp"
for standard in 17 20; do
    "$cxx" "-std=c++$standard" "${warnings[@]}" "$work/header.cpp" -o "$work/cpp-$standard" "${shared_flags[@]}"
done
for kind in cpp-17 cpp-20 c-shared c-static cpp-shared cpp-static; do
    LD_LIBRARY_PATH=$libdir "$work/$kind" || fail "$kind ended with $?"
done

# A library of another layout (streamx_next.h) is refused before the program has done anything.
mkdir "$work/other"
printf 'STREAMX_0.1 { streamx_*; };\n' >"$work/other.map"
sed 's/.*/int &(void); int &(void) { return 0; }/' "$source_dir/symbols" >"$work/other.c"
"$cc" -shared -fPIC -Wl,-soname,libstreamx.so.0,--version-script,"$work/other.map" "$work/other.c" \
    -o "$work/other/libstreamx.so.0"
cat >"$work/other-user.c" <<'END'
#include <stdio.h>
#include <streamx.h>

int next(struct streamx_consumer *consumer, struct streamx_message *message)
{
    return streamx_next(consumer, message, STREAMX_FOREVER);
}

int main(void)
{
    puts("started");
    return 0;
}
END
"$cc" -std=c11 -O2 -Wl,-z,lazy "$work/other-user.c" -o "$work/other-user" "${shared_flags[@]}"
[[ $(LD_LIBRARY_PATH=$libdir "$work/other-user") == started ]] || fail "the program does not start"
[[ $(LD_LIBRARY_PATH=$work/other "$work/other-user" 2>&1) == *STREAMX_NEXT_5* ]] ||
    fail "a program starts with a library of another layout"

# The programs find the library from where they lie.
for program in streamx-pub streamx-sub streamx; do
    [[ -x $prefix/bin/$program ]] || fail "not installed: $program"
    "$prefix/bin/$program" --version
done
seq 1000 >"$work/input"
"$prefix/bin/streamx-sub" numbers >"$work/output" &
"$prefix/bin/streamx-pub" numbers <"$work/input"
wait $!
cmp "$work/input" "$work/output"
[[ -z $(ls -A "$STREAMX_DIR") ]] || fail "left behind: $(ls -A "$STREAMX_DIR")"
