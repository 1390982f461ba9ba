# SPDX-License-Identifier: MIT
# zsh offers the names of live streams, wherever a name may stand.
. "$SUPPORT"
needs zsh

completions=$(cd "$(dirname "$SUPPORT")/../../cli/completions" && pwd)
export HOME=$PWD completions TERM=dumb

# An interactive zsh in a terminal of its own notes what it would offer: compadd is asked to store
# the matches instead, unless the completion system does so itself.
cat >inner.zsh <<'ZSH'
PROMPT= fpath=($completions $fpath)
autoload -Uz compinit && compinit -u -d $HOME/dump
compadd() {
    local -a matches
    if (( ! ${@[(I)-[OAD]*]} )); then
        builtin compadd -O matches "$@"
        print -rl -- $matches >>offered
    fi
    builtin compadd "$@"
}
note() {
    zle complete-word
    print -r -- @done@ >>offered
    BUFFER=
}
zle -N note
bindkey '^_' note
print -r -- @done@ >>offered
ZSH
cat >outer.zsh <<'ZSH'
zmodload zsh/zpty
until_done() {
    local ignored
    until grep -qs @done@ offered; do
        zpty -rt z ignored || sleep 0.01
    done
}
zpty z zsh -f -i
zpty -w z 'source ./inner.zsh'
until_done
while IFS= read -r line; do
    line=${line%.}
    rm -f offered
    zpty -w -n z "$line"$'\x1f'
    until_done
    print -r -- "$line ->" "$(grep -v -e @done@ -e '^$' offered | LC_ALL=C sort -u | paste -sd'|')"
done
zpty -d z
ZSH

mkfifo input
streamx-pub -W 0 first <input &
streamx-pub -W 0 'second one' <input &
exec 3>input
eventually stream_exists first
eventually stream_exists 'second one'
touch file

timeout $patience zsh -f outer.zsh <<'LINES'
streamx .
streamx i.
streamx info .
streamx -i 1s info .
streamx info -i 1s fi.
streamx rm first .
streamx list --na.
streamx-sub .
streamx-sub sec.
streamx-sub -n 3 .
streamx-sub --count=3 -J .
streamx-sub --from=.
streamx-sub --from=l.
streamx-sub --ack=.
streamx-sub first .
streamx-pub -s 4 fi.
streamx-pub first fi.
streamx-pub --slow=.
LINES
exec 3>&-
wait
