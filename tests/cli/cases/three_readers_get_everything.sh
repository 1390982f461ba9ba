# SPDX-License-Identifier: MIT
# Three subscribers, waited for by -W 3, of which one is slow: all get everything.
. "$SUPPORT"

seq 60000 >input
streamx-sub x >got1 &
sub1=$!
streamx-sub x | while IFS= read -r line; do printf '%s\n' "$line"; done >got2 &
sub2=$!
streamx-pub -W 3 x <input &
pub=$!
attached x 2
field_is x published 0 && echo "nothing published before the third"
streamx-sub -0 x | tr '\0' '\n' >got3
ended sub1 $sub1
ended sub2 $sub2
ended pub $pub
same "three copies" input got1 got2 got3
