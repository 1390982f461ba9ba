# SPDX-License-Identifier: MIT
# list and info tell of a stream while it runs, to people and, as JSON, to programs.
. "$SUPPORT"

mkfifo input
streamx-pub -W 2 -s 4 -m 4K --timestamps words <input &
pub=$!
streamx-sub words >one &
streamx-sub words >two &
exec 3>input
attached words 2
seq 10 >&3
eventually field_is words acknowledged 10
eventually has_lines two 10

streamx list --names
streamx list --json | jq -c '.[] | [.name, .state, .pid == '$pub', .command, .slots, .slot_size,
    .messages, .bytes, .consumers, .messages_per_s, .waits_for.who, .waits_for.pid == '$pub']'
streamx list --interval=0 | awk '{ if (NR > 1) $2 = "PID"; $1 = $1; print }'
streamx list --interval=0 --json | jq -c '.[0].messages_per_s'
streamx info --json words | python3 -c '
import json, sys
info = json.load(sys.stdin)
print(info["cmdline"], info["mode"], info["timestamps"], info["min_consumers"])
for consumer in info["consumers"]:
    print(consumer["label"], consumer["command"], consumer["state"], consumer["acknowledged"],
          consumer["behind"], consumer["waited_seconds"])'
streamx info words 3>&- | 3>&- sed -E 's/pid [0-9]+/pid N/g; s/^ *[0-9]+  streamx/N streamx/; s/^ *PID/PID/; s/[0-9]+ in use; [0-9.]+K of/N in use; N of/'
kill -STOP $pub
stopped() { [[ $(streamx list -J | jq -r '.[0].state') == stopped ]]; }
eventually stopped
kill -CONT $pub
exec 3>&-
wait
