# SPDX-License-Identifier: MIT
# Worlds in which the source is compiled: compilers, standards, levels of optimisation, headers of
# older kernels, another C library, 32 bits, a path with a space.

source_worlds=(headers levels old-headers musl 32-bit path setup)

# Those of the library; what is for Python needs its headers.
sources() { find "$root/lib" -path "$root/lib/python" -prune -o -name '*.c' -print; }

# compiles COMMAND...: each file of the library.
compiles() {
    local source
    while read -r source; do
        "$@" -std=c11 -D_GNU_SOURCE= -I"$root/include" -I"$root/lib" -c -o "$work/object" \
            "$source" || return 1
    done < <(sources)
}

# The public headers, by every compiler and standard that there is.
world_headers() {
    local compiler standard header count=0
    local warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -fsyntax-only)
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        for standard in c99 c11 c17 c2x gnu11; do
            for header in streamx streamx_uring; do
                [[ $header == streamx || -e /usr/include/liburing.h ]] || continue
                echo "#include <$header.h>" >"$work/header.c"
                "$compiler" "-std=$standard" "${warnings[@]}" -I"$root/include" "$work/header.c" ||
                    { fail "$header.h, $compiler -std=$standard" && return; }
                count=$((count + 1))
            done
        done
    done
    for compiler in g++ clang++; do
        command -v "$compiler" >/dev/null || continue
        for standard in c++11 c++14 c++17 c++20; do
            echo '#include <streamx.h>' >"$work/header.cpp"
            if [[ -e $root/include/streamx.hpp && $standard > c++14 ]]; then
                echo '#include <streamx.hpp>' >>"$work/header.cpp"
            fi
            "$compiler" "-std=$standard" "${warnings[@]}" -I"$root/include" "$work/header.cpp" ||
                { fail "$compiler -std=$standard" && return; }
            count=$((count + 1))
        done
    done
    pass "$count combinations of header, compiler and standard"
}

# What a compiler warns of depends on how hard it looks.
world_levels() {
    local compiler level tried=
    local warnings=(-Wall -Wextra -Wshadow -Wconversion -Werror)
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        for level in -O1 -O3 -Os; do
            compiles "$compiler" "$level" "${warnings[@]}" ||
                { fail "$compiler $level" && return; }
            find "$root/cli" -name '*.c' | while read -r source; do
                "$compiler" "$level" "${warnings[@]}" -std=c11 -D_GNU_SOURCE= -I"$root/include" \
                    -I"$root/cli" -c -o "$work/object" "$source" || exit 1
            done || { fail "$compiler $level, the programs" && return; }
            tried+=" $compiler$level"
        done
    done
    pass "no warning:$tried"
}

# The headers of the oldest kernel that Debian still maintains.
world_old_headers() {
    local headers
    debian_begin bullseye amd64 && headers=$(debian_unpack linux-libc-dev) ||
        { skip "no Debian 11 packages to be had" && return; }
    compiles gcc -Wall -Werror -isystem "$headers/usr/include" \
        -isystem "$headers/usr/include/x86_64-linux-gnu" || { fail "it does not compile" && return; }
    pass "the library compiles with the headers of Linux $(sed -n 's/.*LINUX_VERSION_CODE //p' \
        "$headers/usr/include/linux/version.h" | awk '{ print int($1 / 65536) "." int($1 % 65536 / 256) }')"
}

# Statically, against musl; the kernel's headers are this system's. A program that uses it works.
world_musl() {
    needs musl-gcc || return
    local objects=() source i=0 kernel_headers=$work/kernel
    mkdir -p "$kernel_headers"
    ln -s /usr/include/{linux,asm-generic} "$kernel_headers"
    ln -s "/usr/include/$(gcc -print-multiarch)/asm" "$kernel_headers"
    while read -r source; do
        objects+=("$work/$((++i)).o")
        musl-gcc -O2 -Wall -Werror -std=c11 -D_GNU_SOURCE= -isystem "$kernel_headers" \
            -I"$root/include" -I"$root/lib" -c -o "$work/$i.o" "$source" ||
            { fail "$source does not compile" && return; }
    done < <(sources)
    musl-gcc -static -std=c11 -I"$root/include" "$root/tests/package/foreign.c" "${objects[@]}" \
        -o "$work/foreign" || { fail "it does not link" && return; }
    mkdir "$work/streams"
    STREAMX_DIR=$work/streams "$work/foreign" || { fail "the program ended with $?" && return; }
    pass "the library compiles, and a static program with it works"
}

# Refused: see streamx.h.
world_32_bit() {
    local header

    # Where there are no headers for 32 bits, empty ones do: it is refused before they are used.
    for header in errno stddef sys/uio; do
        mkdir -p "$work/include/sys"
        : >"$work/include/$header.h"
    done
    echo '#include <streamx.h>' >"$work/header.c"
    if gcc -m32 -ffreestanding -fsyntax-only -I"$work/include" -I"$root/include" "$work/header.c" \
        2>"$work/errors"; then
        fail "a 32-bit program compiles, whose locks would be elsewhere"
    elif grep -q '64-bit programs' "$work/errors"; then
        pass "refused at compile time"
    else
        cat "$work/errors"
        fail "refused, but not in these words"
    fi
}

# As an ordinary user without a network, in a directory with a space in its name; and installed
# there.
world_path() {
    local home="$work/a path" run=(env)
    mkdir -p "$home/source"
    chmod 755 "$work"
    (cd "$root" && git ls-files -z 2>/dev/null || find . -type f ! -path './build/*' -print0) |
        (cd "$root" && cpio -0 -pdm --quiet "$home/source")
    if ((EUID == 0)); then
        chown -R 65534:65534 "$home"
        run=(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$home")
    fi
    if unshare --net true 2>/dev/null; then
        run=(unshare --net "${run[@]}")
    fi
    # Each step by `&&`: errexit is off in what `||` follows.
    (
        cd "$home" &&
            "${run[@]}" cmake -S source -B build -G Ninja --log-level=WARNING \
                -DCMAKE_BUILD_TYPE=Debug -DSTREAMX_WERROR=ON -DSTREAMX_MODEL=OFF \
                -DSTREAMX_PYTHON=OFF -DSTREAMX_NATS=OFF &&
            "${run[@]}" cmake --build build --parallel "$(nproc)" --target streamx streamx_static \
                streamx-pub streamx-sub streamx-tool integration_no_space integration_rendezvous \
                peek unit_layout -- --quiet &&
            "${run[@]}" ctest --test-dir build --output-on-failure \
                -R '^(unit/layout|integration/(no_space|rendezvous)|cli/three_readers.*)$' &&
            "${run[@]}" cmake --install build --prefix "$home/installed" &&
            [[ $("$home/installed/bin/streamx" --version) ]]
    ) || { fail "see above" && return; }
    pass "built, tested and installed by user $( ((EUID == 0)) && echo 65534 || echo "$EUID")"
}

# scripts/setup where packages are there for two architectures, and where there is no apt.
world_setup() {
    local bin=$work/bin program
    mkdir "$bin"
    for program in bash dirname env grep cat; do ln -s "$(command -v "$program")" "$bin"; done
    PATH=$bin "$root/scripts/setup" 2>"$work/said" || { fail "without apt: exit $?" && return; }
    grep -q 'not Debian' "$work/said" || { fail "without apt it says nothing" && return; }
    printf '#!/bin/sh\nprintf "installed\\ninstalled\\n"\n' >"$bin/dpkg-query"
    printf '#!/bin/sh\necho "apt-get was called" >&2\nexit 1\n' >"$bin/apt-get"
    chmod +x "$bin/dpkg-query" "$bin/apt-get"
    PATH=$bin "$root/scripts/setup" || { fail "beside another architecture: exit $?" && return; }
    pass "no apt, and several architectures"
}
