# SPDX-License-Identifier: MIT
# Worlds with another kernel, or another processor, below.

kernel_worlds=(kernel-5.10 kernel-6.1 kernel-6.12 arm64-4k arm64-16k arm64-64k)

elsewhere='^[a-z]*/?((unit|integration|life)/|examples/(zero_copy|limits)$)'

x86_kernel() { # RELEASE [QEMU-OPTION...]
    local release=$1 kernel
    shift
    needs qemu-system-x86_64 cpio ldd || return
    [[ $(uname -m) == x86_64 ]] || { skip "the binaries are not of this processor" && return; }
    [[ -e $tree/CTestTestfile.cmake ]] || { skip "no build tree at $tree" && return; }
    debian_begin "$release" amd64 && kernel=$(debian_kernel cloud-amd64) ||
        { skip "no kernel of Debian $release to be had" && return; }
    vm_root "$work/root" "$tree" "$elsewhere" 1 gcc || { fail "no root file system" && return; }
    vm_add_libraries "$work/root"
    vm_boot "$kernel" "$work/root" 1700 qemu-system-x86_64 -M q35 -accel tcg,thread=multi "$@"
}

world_kernel_5_10() { x86_kernel bullseye -cpu Nehalem; }
world_kernel_6_1() { x86_kernel bookworm -cpu Nehalem; }
world_kernel_6_12() { x86_kernel trixie -cpu Nehalem,cx16=off; }

# The library and its tests, for another processor, against that architecture's own packages.
arm64_tree() {
    local packages
    debian_begin bookworm arm64 && packages=$(debian_unpack check libsubunit0 libsubunit-dev) ||
        { skip "no arm64 packages to be had" && return 1; }
    arm64_packages=$packages arm64_build=$cache/arm64
    mkdir -p "$cache"
    cat >"$cache/arm64.cmake" <<END
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_FIND_ROOT_PATH "$packages")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_FLAGS_INIT "-idirafter $packages/usr/include -idirafter $packages/usr/include/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L$packages/usr/lib/aarch64-linux-gnu -Wl,-rpath-link,$packages/usr/lib/aarch64-linux-gnu:$packages/lib/aarch64-linux-gnu")
set(ENV{PKG_CONFIG_LIBDIR} "$packages/usr/lib/aarch64-linux-gnu/pkgconfig:$packages/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "$packages")
END
    cmake -S "$root" -B "$arm64_build" -G Ninja --log-level=WARNING \
        -DCMAKE_TOOLCHAIN_FILE="$cache/arm64.cmake" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DSTREAMX_WERROR=ON -DSTREAMX_TESTS=ON -DSTREAMX_MODEL=OFF -DSTREAMX_PROGRAMS=OFF \
        "-DSTREAMX_TESTS_WITHOUT=async;cpp;crash;stress;fuzz;faults;examples;python;nats;guard;bench" &&
        cmake --build "$arm64_build" --parallel "$(nproc)" -- --quiet -k 0 ||
        { fail "it does not compile for arm64" && return 1; }
}

arm64() { # RELEASE FLAVOUR
    local kernel
    needs qemu-system-aarch64 aarch64-linux-gnu-gcc aarch64-linux-gnu-strip cpio || return
    arm64_tree || return
    debian_begin "$1" arm64 && kernel=$(debian_kernel "$2") ||
        { skip "no kernel $2 of Debian $1 to be had" && return; }
    vm_root "$work/root" "$arm64_build" "$elsewhere" 1 aarch64-linux-gnu-gcc ||
        { fail "no root file system" && return; }
    vm_add_libraries "$work/root" "$arm64_packages" "$(dirname "$(
        aarch64-linux-gnu-gcc -print-file-name=libc.so.6)")"
    vm_boot "$kernel" "$work/root" 2400 qemu-system-aarch64 -M virt -accel tcg,thread=multi \
        -cpu max,pauth=off
}

world_arm64_4k() { arm64 bookworm cloud-arm64; }
world_arm64_16k() { arm64 trixie arm64-16k; }
world_arm64_64k() { skip "Debian has no kernel with pages of 64K"; }
