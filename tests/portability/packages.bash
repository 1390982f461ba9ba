# SPDX-License-Identifier: MIT
# Debian packages of any release and architecture, without touching the system's own apt: from where
# the system gets its own, into a cache. Needs apt-get and a network, and no rights.

# The place of Debian's main archive, as this system has it.
debian_site() {
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
        head -n 1
}

# debian_begin RELEASE ARCHITECTURE: sets `debian` and `debian_options`; what follows asks that
# release. False: there is no way to it.
debian_begin() {
    local site
    debian=$cache/debian/$1-$2 debian_release=$1 debian_architecture=$2
    debian_options=(
        -o Dir::Etc::sourcelist="$debian/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State="$debian/state" -o Dir::State::status="$debian/status"
        -o Dir::Cache="$debian/apt" -o APT::Architecture="$2" -o APT::Architectures="$2"
        -o APT::Sandbox::User= -o Acquire::Retries=2
    )
    [[ ! -e $debian/ready ]] || return 0
    command -v apt-get >/dev/null || return 1
    site=$(debian_site)
    [[ $site ]] || return 1
    mkdir -p "$debian"/{state/lists/partial,apt/archives/partial,packages}
    : >"$debian/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $1 main" \
        >"$debian/sources.list"
    timeout 600 apt-get "${debian_options[@]}" -q update >"$debian/log" 2>&1 || return 1
    touch "$debian/ready"
}

# debian_package NAME: prints the path of the package's file. False: not available.
debian_package() {
    local found
    found=$(find "$debian/packages" -name "${1}_*.deb" | head -n 1)
    if [[ ! $found ]]; then
        (cd "$debian/packages" && timeout 600 apt-get "${debian_options[@]}" -q download "$1") \
            >>"$debian/log" 2>&1 || return 1
        found=$(find "$debian/packages" -name "${1}_*.deb" | head -n 1)
    fi
    [[ $found ]] && echo "$found"
}

# debian_unpack NAME...: prints the path of a directory that holds these packages' files.
debian_unpack() {
    local name package
    mkdir -p "$debian/root"
    for name; do
        if [[ ! -e $debian/root/.$name ]]; then
            package=$(debian_package "$name") && dpkg-deb -x "$package" "$debian/root" || return 1
            touch "$debian/root/.$name"
        fi
    done
    echo "$debian/root"
}

# debian_kernel FLAVOUR: prints the path of the release's kernel.
debian_kernel() {
    local name package
    name=$(apt-cache "${debian_options[@]}" depends --important "linux-image-$1" 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    [[ $name ]] || return 1
    if [[ ! -e $debian/boot/vmlinuz-${name#linux-image-} ]]; then
        package=$(debian_package "$name") || return 1
        dpkg-deb --fsys-tarfile "$package" |
            tar -x -C "$debian" --wildcards './boot/vmlinuz-*' || return 1
    fi
    echo "$debian/boot/vmlinuz-${name#linux-image-}"
}
