# SPDX-License-Identifier: MIT
# --from: the four starts, in a ring of four publications of which the first was acknowledged.
. "$SUPPORT"

mkfifo input
from() {
    streamx-pub -s 4 -W 0 x <input &
    pub=$!
    exec 3>input
    for ((i = 1; i <= 3; i++)); do
        echo $i >&3
        eventually field_is x published $i
    done
    streamx-sub -n 1 x >/dev/null 3>&-
    streamx-sub --from="$1" x >got 3>&- &
    sub=$!
    attached x 1
    echo 4 >&3
    exec 3>&-
    ended "$1" $sub
    ended pub $pub
    tr '\n' ' ' <got
    echo
}

for start in next new latest oldest; do
    from $start
done
