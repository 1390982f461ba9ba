# SPDX-License-Identifier: MIT
# A full JetStream stream holds the bridge up, and with it the publisher; once there is room again all
# goes on in order. Both sides of the limit many times over, with everything under way.
. "$SUPPORT"
. "$(dirname "$0")/../server.bash"
start_server

streamx-nats out --create --max-msgs=500 source full 2>out.err &
out=$!
seq 5000 | streamx-pub --slots=8 source &
pub=$!
eventually count_is full 500
eventually grep -q 'waiting$' out.err
cat out.err
for limit in 700 1500 1501 4000; do
    jetstream_tool limit full $limit
    eventually count_is full $limit
done
jetstream_tool dump full >copy
jetstream_tool purge full
eventually count_is full 1001
jetstream_tool dump full | head -n -1 >>copy
ended pub $pub
ended out $out
same all copy <(seq 5000)
sed 's/.*: //' out.err | sort -u
