# SPDX-License-Identifier: MIT
# A compressed stream passes as bytes; a compressor at one subscriber does not touch the others.
. "$SUPPORT"
needs gzip

seq 100000 >input
streamx-sub -r x | gzip -d >unzipped &
gzip -c input | streamx-pub -r x
wait
same "compressed on the way" input unzipped

streamx-sub x | gzip >zipped.gz &
streamx-sub x >plain &
streamx-pub -W 2 x <input
wait
same "compressed at the end" input plain <(zcat zipped.gz)

# messages that are compressed one by one keep their bounds
for n in 1 2 3; do seq $n $((n * 1000)) | gzip -n >$n.gz; done
streamx-sub -L x >framed &
streamx-pub x 1.gz 2.gz 3.gz
wait
streamx-sub -f '%l\n' x >lengths &
streamx-pub -L x <framed
wait
same "bounds" lengths <(stat -c %s 1.gz 2.gz 3.gz)
