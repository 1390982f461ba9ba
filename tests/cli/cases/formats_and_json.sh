# SPDX-License-Identifier: MIT
# -f and -J: messages in the user's format, and as JSON, with and without timestamps.
. "$SUPPORT"

printf 'one\0\0b\xff\n\0"\\\xc3\xa4\n\0' >input

# publish SUB-OPTION... : shows what is written for the four messages
publish() {
    streamx-sub "$@" name &
    sub=$!
    streamx-pub -0 $stamped name <input
    wait $sub || echo "exit $?"
}

stamped=
publish -f '%n %s %l %x %b|%%\x21\n'
publish -f '%p,'
echo
publish -J
publish -J | jq -c '[.stream, .seq, .len, .payload // .payload_b64, has("ts")]'

stamped=--timestamps
publish -J | jq -r .ts | grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$'
publish -f '%I\n' | grep -cE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z$'
publish -f '%T\n' | grep -cE '^[0-9]+$'
publish -f '%I\n' | sort -c && echo "in order"

stamped=-q
echo | streamx-pub x &
streamx-sub -f '%T' x 2>&1
echo "no timestamps: exit $?"
streamx-sub x
wait
for options in '-f %z' '-f %' '-f \q' '-J -0' '-J -f %p' '-w -f %p'; do
    # shellcheck disable=SC2086 # the options are words
    streamx-sub $options x 2>&1 | head -n 1
done
