# SPDX-License-Identifier: MIT
# --continue: the next publisher takes up the stream of a dead one; --follow waits for it.
. "$SUPPORT"

streamx-sub --follow -n 6 -f '%s %p\n' x >got 2>err &
sub=$!
mkfifo input
for part in '1 2' '3 4'; do
    streamx-pub -C x <input &
    pub=$!
    exec 3>input
    printf '%s\n' $part >&3
    eventually has_lines got "${part#* }"
    kill -KILL $pub
    wait $pub 2>/dev/null
    exec 3>&-
done
streamx-pub -S -C x </dev/null 2>refused
echo "shared: exit $?"
printf '5\n6\n' | streamx-pub -C x
echo "last: exit $?"
ended sub $sub
cat got err
stream_is_gone x && echo gone
