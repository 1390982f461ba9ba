# SPDX-License-Identifier: MIT
# What makes no sense on the command line ends with 2, says why, and creates nothing.
. "$SUPPORT"

refused() {
    "$@" >out 2>err </dev/null
    local status=$?
    [[ $status == 2 && ! -s out && $(tail -n 1 err) == "Try '$1 --help' for more information." ]] ||
        echo "$*: exit $status"
    head -n 1 err
}

for program in streamx-pub streamx-sub; do
    refused $program
    refused $program ''
    refused $program .hidden
    refused $program a/b
    refused $program $'a\nb'
    refused $program "$(printf '%0201d' 0)"
    refused $program --no-such-option x
    refused $program -Z x
    refused $program -n
    refused $program -n 1x x
    refused $program -n -1 x
    refused $program -t 1w x
    refused $program -t 99999999999999999999 x
    refused $program -0 -L x
    refused $program -w -d , x
    refused $program -d '' x
    refused $program -d '\q' x
    refused $program -d "$(printf '%0256d' 0)" x
    refused $program --raw=0 x
    refused $program --raw=2G x
done
refused streamx-pub -s 0 x
refused streamx-pub -s 65537 x
refused streamx-pub -m 0 x
refused streamx-pub -m 1T x
refused streamx-pub -m 2G x
refused streamx-pub -W 5000 x
refused streamx-pub -M
refused streamx-pub -M text
refused streamx-pub -W 3 --max-consumers=2 x
refused streamx-pub --max-consumers=4097 x
refused streamx-pub -rn1 x
refused streamx-sub -r5 x
refused streamx-pub -R 0 x
refused streamx-pub --mode=0440 x
refused streamx-pub --mode=9 x
refused streamx-pub --slow=wait x
refused streamx-pub --slow=evict=0 x
refused streamx-pub --slow=evict=soon x
refused streamx-pub -m 10 --raw=11 x
refused streamx-sub x a/b
refused streamx-sub --from=here x
refused streamx-sub --ack=never x
refused streamx-sub -i soon x
