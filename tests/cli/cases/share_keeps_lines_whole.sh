# SPDX-License-Identifier: MIT
# --share: several publishers, one order, whole lines; the last one ends the stream; one that dies is
# remembered; without --share the name is taken.
. "$SUPPORT"

line() { head -c "$2" /dev/zero | tr '\0' "$1"; }
publish() { yes "$(line "$1" "$2")" | head -n 300 | streamx-pub -S x; }

publish a 1 &
publish b 6000 &
publish c 70000 &
eventually field_is x producers 3
echo | streamx-pub x 2>refused
echo "without: exit $?"
streamx-sub x | awk '{ n[substr($0, 1, 1) " " length($0) " " gsub(substr($0, 1, 1), "")]++ }
    END { for (k in n) print k, n[k] }' | sort
wait

mkfifo input
streamx-pub -S x <input &
dies=$!
exec 3>input
echo 1 >&3
echo 2 | streamx-pub -S x &
eventually field_is x producers 2
streamx-sub x >got 2>err &
sub=$!
eventually has_lines got 2
kill -KILL $dies
wait $dies 2>/dev/null
exec 3>&-
ended sub $sub
sort got
cat err
wait
