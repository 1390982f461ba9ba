# SPDX-License-Identifier: MIT
# tee copies on the way in and on the way out; head takes what it wants and leaves; each of them
# ends by itself, and nobody is stranded.
. "$SUPPORT"

seq 50000 >input
streamx-sub x | tee out1 | wc -l >lines &
counted=$!
streamx-sub x 2>err | tee out2 | head -n 2 >first &
headed=$!
tee copy <input | streamx-pub -W 2 x
echo "pub: exit ${PIPESTATUS[*]}"
wait $counted $headed
echo "lines:" $(<lines)
same "in, out" input copy out1
same "head" first <(head -n 2 input)
cmp -n "$(stat -c %s out2)" out2 input && echo "what went to head is the beginning"
cat err

# tee as a fan-out of the shell's own, with a subscriber at each end
streamx-sub a >got_a &
streamx-sub b >got_b &
tee >(streamx-pub a) <input | streamx-pub b
wait
same "both" input got_a got_b
