# SPDX-License-Identifier: MIT
# Parts of a size, or of so many messages, each through a command of its own.
. "$SUPPORT"
needs gzip

head -c 300000 /dev/urandom >noise
streamx-sub --raw x | split -b 100000 --filter='gzip >$FILE.gz' - part. &
streamx-pub --raw x <noise
wait
ls part.*
same "bytes" noise <(zcat part.*.gz)

seq 1000 >lines
streamx-sub x | split -l 400 --filter='wc -l' &
streamx-pub x <lines
wait

tr '\n' '\0' <lines | streamx-pub -0 x &
streamx-sub -0 x | split -t '\0' -l 999 --filter='tr "\0" "\n" >$FILE.txt' - record.
wait
same "records" lines <(cat record.*.txt)
wc -l <record.ab.txt
