# SPDX-License-Identifier: MIT
# What makes no sense for streamx ends with 2; what is not there with 69; what is no stream with 77.
. "$SUPPORT"

ends() {
    streamx "$@" >out 2>err </dev/null
    echo "streamx $*: exit $? $(head -n 1 err)"
    [[ ! -s out ]] || echo "something on standard output"
}

ends
ends --no-such-option
ends frobnicate
ends info
ends info a b
ends fan
ends fan --no-such-option
ends info a/b
ends rm
ends rm .hidden
ends list x
ends list --names --json
ends list --force
ends list -i soon
ends top --json
ends top -n 0
ends gc --interval=1
ends info absent
ends info -J absent
ends rm absent
ends rm -q absent
echo garbage >"$STREAMX_DIR/streamx.garbage"
ends info garbage
rm "$STREAMX_DIR/streamx.garbage"
STREAMX_DIR=$PWD/nowhere ends list | sed "s|$PWD|HERE|"
STREAMX_DIR=$PWD/nowhere ends gc | sed "s|$PWD|HERE|"
streamx --version
streamx --help >long || echo "exit $?"
streamx help >short || echo "exit $?"
same "--help and help" long short
streamx 2>bare >/dev/null
grep -qxFf long bare && echo "bare streamx shows it, too"
same "list and ls" <(streamx list) <(streamx ls)
streamx -h >short || echo "exit $?"
same "--help and -h" long short
[[ $(wc -L <long) -le 100 ]] || echo "lines are too long"
streamx list >/dev/full 2>err
echo "full disk: exit $? $(<err)"
