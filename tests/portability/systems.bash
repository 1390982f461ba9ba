# SPDX-License-Identifier: MIT
# Worlds with another system around, or another file system below the streams.

system_worlds=(debian-13 tmpfs ext4 xfs btrfs overlay)

# Built with what Debian 13 has, and tested, on this kernel.
world_debian_13() {
    needs debootstrap || return
    ((EUID == 0)) || { skip "only root may do that" && return; }
    local system=$cache/debian-13 site
    site=$(debian_site)
    [[ $site ]] || { skip "no way to its packages" && return; }
    if [[ ! -e $system/ready ]]; then
        rm -rf "$system"
        mkdir -p "$system"
        debootstrap --variant=minbase --include=gcc,libc6-dev,cmake,ninja-build,pkg-config,libjansson-dev,libncurses-dev,check,liburing-dev,jq,python3,bsdextrautils \
            trixie "$system" "$site" >"$work/debootstrap" 2>&1 ||
            { tail "$work/debootstrap" && skip "debootstrap does not get it" && return; }
        touch "$system/ready"
    fi
    rm -rf "$system/source"
    mkdir "$system/source"
    (cd "$root" && find . -type f ! -path './build/*' ! -path './.git*' -print0 |
        cpio -0 -pdm --quiet "$system/source")
    unshare --mount --pid --fork --propagation private bash -c '
        set -e
        mount --bind /dev "$1/dev" && mount --bind /dev/shm "$1/dev/shm"
        mount -t proc proc "$1/proc"
        chroot "$1" bash -ec "
            cmake -S /source -B /source/build -G Ninja --log-level=WARNING \
                -DSTREAMX_WERROR=ON -DSTREAMX_MODEL=OFF
            cmake --build /source/build --parallel -- --quiet
            ctest --test-dir /source/build --parallel 8 --output-on-failure \
                -R \"^(unit|integration|life)/\""
    ' - "$system" || { fail "see above" && return; }
    pass "$(. "$system/etc/os-release" && echo "$PRETTY_NAME"): builds, and passes unit, integration and life tests"
}

# A pass of the programs on a file system of that kind: a full image of 64 MiB and more.
on_image() { # KIND MKFS...
    local kind=$1 image=$work/image
    shift
    needs "$1" || return
    [[ -x $tree/cli/streamx-pub ]] || { skip "no build tree at $tree" && return; }
    ((EUID == 0)) || { skip "only root may mount" && return; }
    truncate -s 400M "$image"
    "$@" "$image" || { fail "no file system" && return; }
    mkdir "$work/mounted"
    mount -o loop "$image" "$work/mounted" || { skip "this kernel does not mount $kind" && return; }
    passes_on "$work/mounted" "$kind"
    umount "$work/mounted"
}

# Either a stream works there, or it is refused in words that help.
passes_on() { # DIRECTORY KIND
    local status=0 reader
    export STREAMX_DIR=$1
    seq 100000 >"$work/input"
    "$tree/cli/streamx-sub" numbers >"$work/output" &
    reader=$!
    "$tree/cli/streamx-pub" numbers <"$work/input" 2>"$work/said" || status=$?
    if ((status == 73)) && grep -q 'cannot hold a stream' "$work/said"; then
        kill "$reader"
        wait "$reader" 2>/dev/null
        pass "$2: refused, in words that help"
    elif ((status == 0)) && wait "$reader" && cmp "$work/input" "$work/output" &&
        [[ -z $("$tree/cli/streamx" list --names) ]]; then
        pass "$2: a stream of 100000 lines"
    else
        cat "$work/said"
        kill "$reader" 2>/dev/null
        fail "$2: the stream does not work"
    fi
    unset STREAMX_DIR
}

world_ext4() { on_image ext4 mkfs.ext4 -q -F; }
world_xfs() { on_image xfs mkfs.xfs -q -f; }
world_btrfs() { on_image btrfs mkfs.btrfs -q -f; }
world_tmpfs() {
    [[ -x $tree/cli/streamx-pub ]] || { skip "no build tree at $tree" && return; }
    mkdir "$work/mounted"
    ((EUID == 0)) && mount -t tmpfs none "$work/mounted" || { skip "only root may mount" && return; }
    passes_on "$work/mounted" tmpfs
    umount "$work/mounted"
}

world_overlay() {
    ((EUID == 0)) || { skip "only root may mount" && return; }
    [[ -x $tree/cli/streamx-pub ]] || { skip "no build tree at $tree" && return; }
    mkdir "$work"/{lower,upper,worked,merged}
    mount -t overlay overlay "$work/merged" \
        -o "lowerdir=$work/lower,upperdir=$work/upper,workdir=$work/worked" ||
        { skip "this kernel mounts no overlay there" && return; }
    passes_on "$work/merged" overlay
    umount "$work/merged"
}
