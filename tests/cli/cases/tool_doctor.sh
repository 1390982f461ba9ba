# SPDX-License-Identifier: MIT
# doctor tells what there is, makes a stream and leaves nothing; where none can be made it says so.
. "$SUPPORT"

streamx doctor >report || echo "exit $?"
cut -d' ' -f 1 report
grep -c "^directory   $STREAMX_DIR: " report
streamx doctor --json | jq -r '[.kernel, .page_bytes, .processors, .file_system, .stream_error] |
    map(type) | join(" ")'
[[ $(streamx doctor -J | jq -r .kernel) == "$(uname -r)" ]] || echo "another kernel"
[[ $(streamx doctor -J | jq .processors) == "$(nproc)" ]] || echo "other processors"
[[ $(streamx doctor -J | jq .open_files) == "$(ulimit -n)" ]] || echo "another limit"
STREAMX_DIR=$PWD/nowhere streamx doctor >report || echo "exit $?"
grep -E '^(directory|stream )' report | sed "s|$PWD|HERE|"
STREAMX_DIR=/proc streamx doctor -J | jq -c '.stream_error != null'
streamx doctor >/dev/full 2>err || echo "exit $?"
streamx doctor --force 2>&1 | head -n 1
