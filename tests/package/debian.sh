#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# debian.sh SOURCE_DIR BUILD_DIR CC CXX
# Makes the Debian package, looks inside, runs what is in it; as root, installs and removes it in a
# directory that stands for the root of a system.
set -euo pipefail

build_dir=$2
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "no $tool here" >&2 && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "debian.sh: $*" >&2
    exit 1
}

works() { # ROOT: the programs there pass something on
    local bin=$1/usr/bin
    mkdir -p "$work/streams"
    export STREAMX_DIR=$work/streams
    "$bin/streamx-sub" numbers >"$work/output" &
    seq 100 | "$bin/streamx-pub" numbers
    wait $!
    seq 100 | cmp - "$work/output"
    [[ $("$bin/streamx" list --json) == '[]' ]] || fail "a stream was left behind"
}

cpack --config "$build_dir/CPackConfig.cmake" -G DEB -B "$work/packages" >"$work/log" ||
    fail "$(<"$work/log")"
package=$(echo "$work"/packages/*.deb)
[[ -f $package ]] || fail "not one package: $package"
[[ $(dpkg-deb -f "$package" Package) == streamx ]] || fail "another name"
[[ $(dpkg-deb -f "$package" Depends) == *libc6* ]] || fail "no dependencies"

dpkg-deb -x "$package" "$work/unpacked"
cd "$work/unpacked"
for file in usr/bin/streamx{,-pub,-sub} usr/include/streamx{,_uring}.h usr/lib/libstreamx.so.0 \
    usr/lib/pkgconfig/streamx.pc usr/lib/cmake/streamx/streamxConfig.cmake \
    usr/share/bash-completion/completions/streamx-pub usr/share/zsh/vendor-completions/_streamx \
    usr/share/fish/vendor_completions.d/streamx.fish usr/share/man/man1/streamx.1 \
    usr/share/man/man3/streamx_put.3 usr/share/man/man7/streamx.7 \
    usr/share/doc/streamx/copyright; do
    [[ -e $file ]] || fail "not in the package: $file"
done
[[ -z $(find . ! -type l -perm /022) ]] || fail "writable for others: $(find . -perm /022)"
if grep -rlFI -e "$build_dir" usr/lib usr/share; then
    fail "the build's place shows"
fi
works "$work/unpacked"

if ((EUID != 0)); then
    exit 0
fi
root=$work/root
mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers}
touch "$root/var/lib/dpkg"/{status,available}
# Its scripts call ldconfig, which is not to work on the system that the test runs on.
mkdir "$work/stubs"
printf '#!/bin/sh\necho called >>%s\n' "$work/ldconfig" >"$work/stubs/ldconfig"
chmod +x "$work/stubs/ldconfig"
on_root=(env "PATH=$work/stubs:$PATH" dpkg "--root=$root" --force-depends
    --force-script-chrootless "--log=$work/dpkg.log")
"${on_root[@]}" --install "$package" >"$work/log" 2>&1 || fail "$(<"$work/log")"
[[ $("${on_root[@]}" --status streamx) == *"Status: install ok"* ]] || fail "not installed"
works "$root"
"${on_root[@]}" --purge streamx >"$work/log" 2>&1 || fail "$(<"$work/log")"
[[ -z $(find "$root" -name '*streamx*') ]] || fail "left behind: $(find "$root" -name '*streamx*')"
[[ $(wc -l <"$work/ldconfig") == 2 ]] || fail "ldconfig was not called each time"
