# SPDX-License-Identifier: MIT
# -p: drawn only on a terminal, and messages do not get mixed up with it.
. "$SUPPORT"

seq 5 >input
streamx-sub x >/dev/null &
streamx-pub -p x <input 2>err
wait
wc -c <err

streamx-sub x >/dev/null &
script -qec 'streamx-pub -v -p x <input' typescript >/dev/null
wait
tr '\r' '\n' <typescript | sed -nE '/^Script/d; s,\x1b\[K,,; s,[0-9.]+[KM]?(B?/s),N\1,g; s,[0-9]+:[0-9:]+,TIME,; /TIME/p'

# what does not fit is left out, since a wrapped line could not be drawn over
streamx-sub x >/dev/null &
script -qec 'stty cols 20; streamx-pub -p x <input' typescript >/dev/null
wait
tr '\r' '\n' <typescript | sed -nE 's,\x1b\[K,,; /^x: /p' | tail -n 1
