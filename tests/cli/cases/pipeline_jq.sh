# SPDX-License-Identifier: MIT
# JSON on both sides of jq: what --json writes is parsed back, whatever the bytes.
. "$SUPPORT"
needs jq base64

printf 'plain\n\n"quoted" \\ \b\f\t\x01\x7f\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n\xff\xfe\x00\x80\nnul\x00in\n\xed\xa0\x80\n' >hard
head -c 300000 /dev/urandom | tr '\n' x >>hard
echo >>hard
streamx-sub -J x >got.json &
streamx-pub -m 1M x <hard
wait
jq -e -s 'all(.stream == "x") and map(.seq) == [range(1; length + 1)]' got.json
jq -r '.payload_b64 // (.payload | @base64)' got.json |
    while read -r encoded; do base64 -d <<<"$encoded" && echo; done >back
same "parsed back" hard back
jq -c 'select(.len < 9) | [.len, has("payload"), has("payload_b64"), has("ts")]' got.json

# a filter between two streams, one value at a time
streamx-sub sums | jq -c '{sum: add}' >sums &
streamx-sub -u pairs | jq -c --unbuffered '[.a, .b]' | streamx-pub sums &
jq -nc 'range(3) | {a: ., b: (. * 10)}' | streamx-pub pairs
wait
cat sums
