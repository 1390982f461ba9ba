# SPDX-License-Identifier: MIT
# bash completes options, their values, commands, and the names of streams; no option is forgotten,
# in bash or in the other shells.
. "$SUPPORT"

completions=$(dirname "$SUPPORT")/../../cli/completions
. "$completions/streamx.bash"

offers() { # WORD...: what is offered for the last one
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _streamx_complete
    mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]:-nothing}" | sort)
    echo "$* ->" "${COMPREPLY[@]}"
}

streamx-pub -W 0 first </dev/null
mkfifo input
streamx-pub -W 0 first <input &
streamx-pub -W 0 'second one' <input &
exec 3>input
eventually stream_exists first
eventually stream_exists 'second one'
touch file

offers streamx ''
offers streamx i
offers streamx info ''
offers streamx info first ''
offers streamx rm first se
offers streamx --j
offers streamx list --n
offers streamx-sub ''
offers streamx-sub 'second\ o'
offers streamx-sub '"sec'
offers streamx-sub '$(touch evaluated)'
[[ ! -e evaluated ]] || echo 'what was typed was evaluated'
offers streamx-sub --fr
offers streamx-sub --from = ''
offers streamx-sub --from = l
offers streamx-sub --ack ''
offers streamx-sub -n ''
offers streamx-sub --from = new f
offers streamx-sub first ''
offers streamx-pub -s 3 f
offers streamx-pub --slots 3 f
offers streamx-pub --slots = 3 f
offers streamx-pub first f
offers streamx-pub --slow =
exec 3>&-
wait

for program in streamx streamx-pub streamx-sub; do
    COMP_WORDS=($program --) COMP_CWORD=1
    _streamx_complete
    diff <(printf '%s\n' "${COMPREPLY[@]%=}" | sort) \
        <($program --help | grep -oE '^ .*  --[a-z-]+|^  -., --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u)
    for option in $($program --help | grep -oE '^ .* --[a-z-]+' | grep -oE -- '--[a-z][a-z-]+'); do
        grep -q -e "$option" "$completions/_streamx" || echo "zsh: $option is missing"
        grep -q -e "-l ${option#--}" "$completions/streamx.fish" || echo "fish: $option is missing"
    done
done
