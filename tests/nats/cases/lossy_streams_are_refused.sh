# SPDX-License-Identifier: MIT
# A JetStream stream that may throw away what nobody has read is not used unawares; and in one that
# takes other subjects as well one message is under way at a time.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

jetstream_tool add OLD old max_msgs=10 discard=old
jetstream_tool add AGE age max_age=100
jetstream_tool add INTEREST interest retention=interest
jetstream_tool add SILENT silent no_ack=1
for name in old age interest silent; do
    streamx-nats out source $name
    echo "exit $?"
    streamx-nats in $name copy
    echo "exit $?"
done
streamx-nats out --lossy -q source old &
seq 30 | streamx-pub source
ended out $!
jetstream_tool dump OLD | tail -n 2

jetstream_tool add MANY 'many.>'
streamx-nats out -v source many.a 2>many.err &
seq 300 | streamx-pub source
ended out $!
grep -c 'one message at a time' many.err
jetstream_tool dump MANY | head -n -1 | cmp - <(seq 300) && echo same
