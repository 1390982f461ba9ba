#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# debian.sh SOURCE_DIR BUILD_DIR CC CXX
# Makes the Debian packages, looks inside, runs what is in them, builds with what is in them; as
# root, installs and removes them in a directory that stands for the root of a system.
set -euo pipefail

source_dir=$1 build_dir=$2 cc=$3
for tool in cpack dpkg dpkg-deb dpkg-shlibdeps; do
    command -v "$tool" >/dev/null || { echo "no $tool here" >&2 && exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/streams"
export STREAMX_DIR=$work/streams

fail() {
    echo "debian.sh: $*" >&2
    exit 1
}

works() { # ROOT: the programs there pass something on
    local bin=$1/usr/bin
    "$bin/streamx-sub" numbers >"$work/output" &
    seq 100 | "$bin/streamx-pub" numbers
    wait $!
    seq 100 | cmp - "$work/output"
    [[ $("$bin/streamx" list --json) == '[]' ]] || fail "a stream was left behind"
}

builds() { # ROOT: a program that knows the packages alone
    local libdir
    libdir=$(dirname "$(find "$1" -name libstreamx.so)")
    read -ra flags < <(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --cflags --libs streamx)
    "$cc" -std=c11 "$source_dir/foreign.c" -o "$work/foreign" "${flags[@]}"
    LD_LIBRARY_PATH=$libdir "$work/foreign" || fail "the foreign program ended with $?"
}

cpack --config "$build_dir/CPackConfig.cmake" -G DEB -B "$work/packages" >"$work/log" ||
    fail "$(<"$work/log")"
packages=("$work"/packages/*.deb)
names=$(for package in "${packages[@]}"; do dpkg-deb -f "$package" Package; done | paste -sd' ')
others=${names/ streamx-nats/}
[[ ${others/ python3-streamx/} == 'libstreamx-dev libstreamx0 streamx' ]] ||
    fail "other packages: $names"

field() { dpkg-deb -f "$work"/packages/"$1"_*.deb "$2"; }
version=$(field streamx Version)
[[ $(field libstreamx0 Depends) == libc6* ]] || fail "libstreamx0 depends on $(field libstreamx0 Depends)"
for package in ${names/libstreamx0/}; do
    [[ $(field $package Depends) == *"libstreamx0 (= $version)"* ]] ||
        fail "$package does not depend on its library"
done
[[ $(dpkg-deb -I "$work"/packages/libstreamx0_*.deb shlibs) == "libstreamx 0 libstreamx0 "* ]] ||
    fail "programs built with it would not depend on it"

# The library of one architecture beside that of another, and no script where a trigger does.
[[ $(field libstreamx0 Multi-Arch):$(field libstreamx-dev Multi-Arch) == same:same ]] ||
    fail "no two architectures of the library can be installed"
[[ $(dpkg-deb -I "$work"/packages/libstreamx0_*.deb triggers) == 'activate-noawait ldconfig' ]] ||
    fail "ldconfig is not triggered"
[[ -z $(dpkg-deb -I "$work"/packages/libstreamx0_*.deb | grep -E ' (postinst|postrm)') ]] ||
    fail "a script calls ldconfig once more"
[[ $(field libstreamx0 Maintainer) =~ ^.+' <'[^@]+@[^@]+'>'$ ]] ||
    fail "the maintainer is $(field libstreamx0 Maintainer)"

holds() { # PACKAGE FILE...
    local package=$1 file
    shift
    dpkg-deb -x "$work"/packages/"$package"_*.deb "$work/$package"
    for file in "$@" "usr/share/doc/$package/"{copyright,changelog.gz}; do
        [[ -n $(find "$work/$package" -path "$work/$package/$file") ]] ||
            fail "not in $package: $file"
    done
}
holds libstreamx0 'usr/lib*/libstreamx.so.0'
holds libstreamx-dev usr/include/streamx{,_fd,_inspect,_loan,_next,_typed,_uring}.h usr/include/streamx.hpp 'usr/lib*/libstreamx.so' 'usr/lib*/libstreamx.a' \
    'usr/lib*/pkgconfig/streamx.pc' 'usr/lib*/cmake/streamx/streamxConfig.cmake' \
    usr/share/man/man3/streamx_put.3.gz
if [[ $names == *streamx-nats* ]]; then
    holds streamx-nats usr/bin/streamx-nats usr/share/man/man1/streamx-nats.1.gz \
        usr/share/{bash-completion/completions/streamx-nats,zsh/vendor-completions/_streamx-nats} \
        usr/share/fish/vendor_completions.d/streamx-nats.fish usr/share/doc/streamx-nats/README.md
fi
holds streamx usr/bin/streamx{,-pub,-sub} usr/share/man/man1/streamx{,-pub,-sub}.1.gz \
    usr/share/man/man7/streamx.7.gz usr/share/bash-completion/completions/streamx{,-pub,-sub} \
    usr/share/zsh/vendor-completions/_streamx usr/share/fish/vendor_completions.d/streamx{,-pub,-sub}.fish
if [[ $names == *python3* ]]; then
    holds python3-streamx usr/lib/python3/dist-packages/streamx/{__init__.py,_core.abi3.so,py.typed}
fi

# Together they are what is installed without packages, each file once.
for package in "${packages[@]}"; do
    dpkg-deb -x "$package" "$work/unpacked"
    dpkg-deb -c "$package" | grep -v '/$' | awk '{ print $6 }'
done | sort | uniq -d >"$work/twice"
[[ ! -s $work/twice ]] || fail "in two packages: $(<"$work/twice")"
cmake --install "$build_dir" --prefix "$work/plain" >/dev/null
diff <(cd "$work/plain" && find . ! -type d | sort) \
    <(cd "$work/unpacked/usr" && find . ! -type d ! -path '*doc/libstreamx*' ! -path '*doc/python3*' \
        ! -path '*doc/streamx-nats/copyright' ! -name changelog.gz | sed '/\/man\//s/\.gz$//' | sort) ||
    fail "the packages hold other files than an installation"
[[ -z $(find "$work/unpacked" ! -type l -perm /022) ]] || fail "writable for others"
if grep -rlFI -e "$build_dir" "$work/unpacked"; then
    fail "the build's place shows"
fi
works "$work/unpacked"
builds "$work/unpacked"
if [[ $names == *python3* ]]; then
    LD_LIBRARY_PATH=$(dirname "$(find "$work/unpacked" -name libstreamx.so)") \
        PYTHONPATH=$work/unpacked/usr/lib/python3/dist-packages \
        /usr/bin/python3 -B -c 'import streamx; streamx.Producer("s").close()' ||
        fail "the Python package does not work"
fi

if ((EUID != 0)); then
    exit 0
fi
root=$work/root
mkdir -p "$root/var/lib/dpkg"/{info,updates,triggers}
touch "$root/var/lib/dpkg"/{status,available}
on_root=(dpkg "--root=$root" --force-depends --force-script-chrootless "--log=$work/dpkg.log")
"${on_root[@]}" --install "${packages[@]}" >"$work/log" 2>&1 || fail "$(<"$work/log")"
for package in $names; do
    [[ $("${on_root[@]}" --status "$package") == *"Status: install ok"* ]] ||
        fail "not installed: $package"
done
works "$root"
builds "$root"
if command -v man >/dev/null; then
    for page in streamx-pub streamx_ack STREAMX_DEFINE_TYPED '7 streamx'; do
        # shellcheck disable=SC2086 # a section and a name
        man -M "$root/usr/share/man" -w $page >/dev/null || fail "man does not find $page"
    done
fi
# shellcheck disable=SC2086 # a list of names
"${on_root[@]}" --purge $names >"$work/log" 2>&1 || fail "$(<"$work/log")"
[[ -z $(find "$root" -name '*streamx*') ]] || fail "left behind: $(find "$root" -name '*streamx*')"
