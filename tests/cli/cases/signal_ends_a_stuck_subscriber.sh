# SPDX-License-Identifier: MIT
# Nobody reads the subscriber's output; a signal ends it all the same, and nothing is lost.
. "$SUPPORT"

seq 100000 >input
mkfifo output
streamx-pub x <input &
pub=$!
streamx-sub x >output &
sub=$!
exec 3<output
has_stalled() {
    local last=$seq
    seq=$(peek x waiting_for)
    [[ $seq -gt 0 && $seq == "$last" ]]
}
seq=-1
eventually has_stalled
kill -TERM $sub
ended sub $sub 2>/dev/null
cat <&3 >written
exec 3>&-
# what was written is what was acknowledged, and perhaps a part of the next line
head -n "$(peek x acknowledged)" input >acknowledged
more=$(($(wc -c <written) - $(wc -c <acknowledged)))
((more >= 0 && more < 7)) || echo "$more bytes more than acknowledged"
streamx-sub x >rest
ended pub $pub
cat acknowledged rest >got
same "all of it" input got
