# SPDX-License-Identifier: MIT
# --follow: stays for the next stream of the name, after an end and after a crash.
. "$SUPPORT"

streamx-sub --follow -n 6 x >got 2>err &
sub=$!
printf '1\n2\n' | streamx-pub x
mkfifo input
streamx-pub x <input &
pub=$!
exec 3>input
echo 3 >&3
eventually has_lines got 3
kill -KILL $pub
wait $pub 2>/dev/null
exec 3>&-
printf '4\n5\n6\n' | streamx-pub x
ended sub $sub
tr '\n' ' ' <got
cat err
