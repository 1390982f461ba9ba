# SPDX-License-Identifier: MIT
# -x: the publisher ends when the last subscriber has left, also while its input is silent; 0 if
# everything was acknowledged, else 3.
. "$SUPPORT"

mkfifo input
for options in '' -r -0; do
    # shellcheck disable=SC2086 # none or one
    streamx-pub -x $options x <input &
    pub=$!
    exec 3>input
    [[ $options == -0 ]] && printf 'one\0' >&3 || echo one >&3
    streamx-sub -n 1 x 3>&- | tr '\n' ' '
    ended "all acknowledged" $pub
    exec 3>&-
done

yes | streamx-pub -x x 2>err &
pub=$!
streamx-sub -n 5 x
ended "something unacknowledged" $pub
cat err

seq 3 | streamx-pub -x x &
pub=$!
streamx-sub -n 3 x
ended "at the end of input" $pub

streamx-pub -x x </dev/null &
pub=$!
streamx-sub x
ended "of nothing" $pub
