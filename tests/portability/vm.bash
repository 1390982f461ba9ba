# SPDX-License-Identifier: MIT
# Tests of a build tree in a virtual machine: another kernel, the same binaries, and no program
# besides (init.c). Without KVM, so that it works anywhere; a test takes some ten times as long.

# vm_tests TREE REGEX SCALE: the tests of a build tree, as init.c reads them.
vm_tests() {
    ctest --test-dir "$1" --show-only=json-v1 | python3 -c '
import json, re, sys
pattern, scale = re.compile(sys.argv[1]), float(sys.argv[2])
for test in json.load(sys.stdin)["tests"]:
    properties = {p["name"]: p["value"] for p in test["properties"]}
    if pattern.search(test["name"]) and "command" in test:
        print(int(properties.get("TIMEOUT", 180) * scale), test["name"], *test["command"], sep="\t")
' "$2" "$3"
}

# What is done in memory alone, or takes long.
vm_spared='(unit/(beat|clock|evict|layout|name|ring)|integration/(batch|eviction|in_hand|list_remove'
vm_spared+='|loan|parts|rendezvous|reserve|retention|ring|starts|tap|types))\t'

# vm_root ROOT TREE REGEX SCALE CC: a root file system with these tests, and init.
vm_root() {
    local root=$1 tree=$2
    rm -rf "$root"
    mkdir -p "$root"/{proc,sys,dev,tmp}
    # Without what needs a shell, what counts processor time, of which everything takes ten times as
    # much there, and what repeats a race a thousand times.
    vm_tests "$tree" "$3" "$4" | # an example without its shell script
        sed 's|\t[^\t]*/examples/run\.sh\t|\t|; s|/example_zero_copy$|&\t/init\t/tmp/copy|' |
        grep -v -e '\.sh	' -e 'integration/\(upkeep\|last_moment\|threads\)	' |
        grep -vP "${brief:+$vm_spared|}^$" >"$root/tests"
    "$5" -O1 -static -o "$root/init" "$here/init.c" || return 1
    {
        cut -f 3 "$root/tests"
        find "$tree" -name '*.so*' ! -path '*/CMakeFiles/*'
    } | sort -u | cpio -pdm --quiet "$root"
}

# vm_add_libraries ROOT [SYSROOT...]: the shared libraries that the programs there need; those of
# another architecture are looked for in the given directories.
vm_add_libraries() {
    local root=$1 name found
    shift
    if (($# == 0)); then
        # What pthread_exit loads by itself.
        install -D "$(gcc -print-file-name=libgcc_s.so.1)" \
            "$root/lib/$(gcc -print-multiarch)/libgcc_s.so.1"
        find "$root" -type f -perm -u+x -exec ldd {} + 2>/dev/null | grep -o '/[^ ):]*' | sort -u |
            grep -v "^$root" | while read -r found; do
            [[ -e $root$found ]] || install -D "$found" "$root$found"
        done
    else
        find "$@" \( -name 'lib*.so*' -o -name 'ld-linux*.so*' \) ! -type d | while read -r found; do
            name=$root/lib/$(basename "$found")
            [[ -e $name ]] || install -D "$found" "$name"
        done
    fi
    find "$root" -type f -exec strip --strip-debug {} + 2>/dev/null || true
}

# vm_boot KERNEL ROOT SECONDS QEMU-COMMAND...: runs it, and says what came of it.
# no_timer_check: on a busy machine the kernel of an emulated one may see no timer tick in the moment
# in which it tries whether there are any, and gives up. loglevel=1: if it does give up, it says why.
vm_boot() {
    local kernel=$1 root=$2 seconds=$3 console=ttyS0
    shift 3
    [[ $1 != *aarch64 ]] || console=ttyAMA0
    (cd "$root" && find . -print0 | cpio -0 -o -H newc --quiet) >"$work/initrd"
    timeout -k 5 "$seconds" "$@" -smp 2 -m 2G -nographic -no-reboot -nodefaults \
        -serial "file:$work/console" -kernel "$kernel" -initrd "$work/initrd" \
        -append "console=$console quiet loglevel=1 panic=-1 rdinit=/init mitigations=off no_timer_check" \
        </dev/null >"$work/qemu" 2>&1
    tr -d '\r' <"$work/console" >"$work/log"
    vm_verdict "$work/log"
}

vm_verdict() { # LOG
    local passed skipped failed
    passed=$(grep -c '^PASSED' "$1")
    skipped=$(grep -c '^SKIPPED' "$1")
    failed=$(grep -cE '^(FAILED|TIMEOUT)' "$1")
    if ! grep -q '^DOWN' "$1"; then
        tail -n 20 "$1" "$work/qemu"
        fail "the machine did not come to its end: $passed tests passed, $failed failed"
    elif ((failed > 0 || passed == 0)); then
        grep -A 20 -E '^(FAILED|TIMEOUT)' "$1"
        fail "$passed tests passed, $failed failed, $skipped skipped"
    else
        pass "$(sed -n 's/^UP //p' "$1"): $passed tests passed, $skipped skipped"
    fi
}
