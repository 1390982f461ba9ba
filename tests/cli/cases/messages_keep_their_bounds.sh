# SPDX-License-Identifier: MIT
# What one framing takes in as messages, another one writes as the same messages.
. "$SUPPORT"

# convert INPUT PUB-OPTIONS SUB-OPTIONS
convert() {
    # shellcheck disable=SC2086 # the options are words
    streamx-sub $3 x | od -An -c -w32 &
    # shellcheck disable=SC2086
    printf %b "$1" | streamx-pub $2 x
    wait
}

echo "lines to NUL:"
convert 'a\n\nb' '' -0
echo "NUL to lengths:"
convert 'a\n\0\0b\0' -0 -L
echo "lengths to string:"
convert '\0\0\0\2ab\0\0\0\0\0\0\0\1c' -L '-d;\t'
echo "whole to lengths:"
convert 'a\nb\n' -w -L
echo "raw in threes to lines:"
convert '1234567' -r3 ''
echo "lines to raw:"
convert 'a\n\nb\n' '' -r
