# SPDX-License-Identifier: MIT
# Lines are published where read(2) put them: short and long ones, empty ones, many and few, with any
# delimiter, in small slots, and copied on with -T.
. "$SUPPORT"

awk 'BEGIN {
    srand(7)
    x = sprintf("%4000s", "")
    for (i = 1; i <= 60000; i++) {
        r = rand()
        print i substr(x, 1, r < 0.5 ? r * 8 : r < 0.999 ? r * 120 : r * 4000)
    }
    for (i = 1; i <= 100000; i++)
        print ""
}' | tr ' ' x >lines
printf 'no newline at the end' >>lines
cp lines expected
echo >>expected

both() { # LABEL PUB-OPTION... -- SUB-OPTION...
    local label=$1 pub=()
    shift
    while [[ $1 != -- ]]; do
        pub+=("$1")
        shift
    done
    shift
    streamx-sub "$@" x >got &
    streamx-pub "${pub[@]}" x <input
    wait
    same "$label" want got
}

cp lines input && cp expected want
both lines --
both slots -s 16 --
both small -m 5000 --
both small_slots -s 3 -m 5K --
both one_by_one -- -u
streamx-sub x >got &
streamx-pub -T x <lines >copy
wait
same tee lines copy
same tee expected got

tr '\n' '\0' <lines >input
tr '\n' '\0' <expected >want
both nuls -0 -- -0
sed -z 's/\n/<|>/g' lines >input
sed -z 's/\n/<|>/g' expected >want
both strings -d '<|>' -- -d '<|>'
cp expected want
both change -d '<|>' --
(while IFS= read -r -n 3001 -d '' part || [[ $part ]]; do printf %s "$part"; done <lines) >pieces &
wait
same pieces lines pieces
mkfifo slow
(while IFS= read -r -n 3001 -d '' part || [[ $part ]]; do printf %s "$part"; done <lines) >slow &
streamx-sub x >got &
streamx-pub x <slow
wait
same slow expected got
