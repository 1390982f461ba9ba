# SPDX-License-Identifier: MIT
# --help and --version go to standard output.
. "$SUPPORT"

for program in streamx-pub streamx-sub; do
    $program --version
    $program -V
    $program --help >long || echo "exit $?"
    $program -h >short || echo "exit $?"
    same "$program --help and -h" long short
    head -n 1 long
    [[ $(wc -L <long) -le 100 ]] || echo "lines are too long"
    $program --help >/dev/full
    echo "exit $?"
done 2>&1
