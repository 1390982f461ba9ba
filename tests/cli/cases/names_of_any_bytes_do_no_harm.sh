# SPDX-License-Identifier: MIT
# A name may hold any bytes but C0 controls: what would do something to a terminal does not reach it,
# and what is not UTF-8 becomes U+FFFD in JSON.
. "$SUPPORT"

c1=$'a\xc2\x9b31mb' # a control sequence introducer of 8 bits, in UTF-8
raw=$'\x9b31m\xff'
wide=$'\xe6\xbc\xa2\xe5\xad\x97'
mkfifo input
for name in "$c1" "$raw" "$wide"; do
    streamx-pub -W 0 "$name" <input &
done
exec 3>input
for name in "$c1" "$raw" "$wide"; do
    eventually stream_exists "$name"
done
echo "list: $(streamx list -i 0 | grep -caE $'\x9b|\xff')"
streamx list -i 0 | awk 'NR > 1 { print $1 }' | sort
streamx info "$c1" | head -n 1
streamx top -n 1 </dev/null | grep -caE $'\x9b|\xff'
streamx list -J | jq -c '[.[].name]'
streamx list --names | sort | cmp - <(printf '%s\n' "$c1" "$raw" "$wide" | sort) && echo "to scripts as they are"
streamx list -J | grep -ca $'\x9b'
streamx rm "$raw"$'\x9c' 2>&1
exec 3>&-
wait

streamx-sub -J "$raw" | jq -c .stream >json &
streamx-sub -f '%n\n' "$raw" | cat >name &
streamx-pub -W 2 -M x "$raw"
wait
cmp name <(printf '%s\n' "$raw") && echo "to a pipe as it is"
cat json
