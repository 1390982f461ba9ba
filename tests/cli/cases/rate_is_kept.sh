# SPDX-License-Identifier: MIT
# -R: at least so much time passes, the first message goes out at once, and none is lost.
. "$SUPPORT"

seq 21 >input
for options in '' -r3; do
    streamx-sub -r x >got &
    before=$(date +%s%3N)
    # shellcheck disable=SC2086 # none or one
    streamx-pub -R 50 $options x <input
    after=$(date +%s%3N)
    wait
    ((after - before >= 340)) || echo "$((after - before)) ms"
    wc -c <got
done
