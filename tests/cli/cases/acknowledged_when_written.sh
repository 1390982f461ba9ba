# SPDX-License-Identifier: MIT
# By default a message counts when it has been written, with --ack=receive before that; -u writes and
# acknowledges one by one.
. "$SUPPORT"

mkfifo output
seq 15000 >input # one publication; more than a pipe holds

# publish OPTION...: to a subscriber that has filled its pipe, of which the first 5 bytes are read
publish() {
    streamx-pub -m 1M x <input &
    streamx-sub "$@" x >output &
    exec 3<output
    head -c 5 <&3 | tr '\n' ' '
}

finish() {
    cat <&3 >/dev/null
    exec 3<&-
    wait
}

publish
echo "by writing: $(peek x acknowledged)"
finish
publish --ack=receive
eventually stream_is_gone x # so that all of it is acknowledged
echo "by receiving: all"
finish
publish -u
eventually field_reaches x acknowledged 1000
(($(peek x acknowledged) < 15000)) && echo "one by one: some"
finish
