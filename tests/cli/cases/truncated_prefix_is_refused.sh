# SPDX-License-Identifier: MIT
# Input that ends within a length or within a message is an error, after what came before.
. "$SUPPORT"

cut_off() {
    streamx-sub -d '|' x >got 2>sub.err &
    # A publisher that has nothing to send does not wait for anybody before it fails.
    {
        attached x 1
        printf %b "$1"
    } | streamx-pub -L x 2>pub.err
    echo "pub: exit ${PIPESTATUS[1]}: $(<pub.err)"
    ended sub $!
    echo "got: $(<got)"
}

cut_off '\0\0\0\3one\0\0\0'
cut_off '\0\0\0\3two\0\0\0\4thr'
cut_off '\0\0\0'
