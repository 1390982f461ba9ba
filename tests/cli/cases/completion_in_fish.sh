# SPDX-License-Identifier: MIT
# fish offers the names of live streams, wherever a name may stand.
. "$SUPPORT"
needs fish

completions=$(dirname "$SUPPORT")/../../cli/completions
export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_DATA_DIRS=$PWD/data TERM=dumb
mkdir -p data/fish/vendor_completions.d
for program in streamx streamx-pub streamx-sub; do
    cp "$completions/streamx.fish" data/fish/vendor_completions.d/$program.fish
done

offers() { # COMMAND-LINE: what is offered for its last word
    echo "$1 ->" "$(line=$1 fish -c 'complete -C $line' 2>&1 | cut -f 1 | LC_ALL=C sort | paste -sd'|')"
}

mkfifo input
streamx-pub -W 0 first <input &
streamx-pub -W 0 'second one' <input &
exec 3>input
eventually stream_exists first
eventually stream_exists 'second one'
touch file

offers 'streamx '
offers 'streamx i'
offers 'streamx info '
offers 'streamx -i 1s info '
offers 'streamx info -i 1s fi'
offers 'streamx rm first '
offers 'streamx list --n'
offers 'streamx-sub '
offers 'streamx-sub sec'
offers 'streamx-sub -n 3 '
offers 'streamx-sub -Jn 3 '
offers 'streamx-sub --count 3 '
offers 'streamx-sub --count=3 -J '
offers 'streamx-sub --from '
offers 'streamx-sub --from=l'
offers 'streamx-sub --ack '
offers 'streamx-sub first '
offers 'streamx-pub -s 4 fi'
offers 'streamx-pub first fi'
offers 'streamx-pub --slow '
exec 3>&-
wait
