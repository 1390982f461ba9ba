# SPDX-License-Identifier: MIT
# bash completion for streamx, streamx-pub and streamx-sub.

# _streamx_offer PREFIX WORD...: offers those words that begin with what is being completed. Words
# that end with '=' are not followed by a blank.
_streamx_offer() {
    local typed=$1 word
    shift
    for word; do
        [[ $word == "$typed"* ]] || continue
        COMPREPLY+=("$(printf %q "$word")")
        [[ $word != *= ]] || compopt -o nospace 2>/dev/null
    done
}

# _streamx_names TYPED: offers the names of streams. What was typed may be quoted by now; it is not
# evaluated, since it might hold commands.
_streamx_names() {
    local names typed=${1#[\"\']}
    mapfile -t names < <(streamx list --names 2>/dev/null)
    _streamx_offer "${typed//\\/}" "${names[@]}"
}

_streamx_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# _streamx_value OPTION TYPED: offers values; fails if that option takes none that are known.
_streamx_value() {
    case $1 in
    --from) _streamx_offer "$2" next new latest oldest ;;
    --ack) _streamx_offer "$2" write receive ;;
    --oversize) _streamx_offer "$2" fail skip split ;;
    --slow) _streamx_offer "$2" block evict= ;;
    --mode) _streamx_offer "$2" 0600 0640 0660 0666 ;;
    *) return 1 ;;
    esac
}

# _streamx_operands LETTERS: counts the operands before the word that is completed, in `operands`;
# `first` is the first. An option of one of LETTERS, or a long one without '=', takes the next word.
_streamx_operands() {
    local i word skip=0
    operands=0 first=
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == = ]]; then
            skip=1 # the value after it belongs to the option before it
        elif ((skip)); then
            skip=0
        elif [[ $word =~ ^-[$1]$ || " $2 " == *" $word= "* && ${COMP_WORDS[i + 1]} != = ]]; then
            skip=1
        elif [[ $word != -?* ]]; then
            ((operands++)) || first=$word
        fi
    done
}

_streamx_complete() {
    local program=${COMP_WORDS[0]##*/} typed=${COMP_WORDS[COMP_CWORD]}
    local before=${COMP_WORDS[COMP_CWORD - 1]} options letters operands first
    local framing='--null --delimiter= --length-prefixed --raw --whole'
    local general='--quiet --help --version'
    COMPREPLY=()
    case $program in
    streamx-pub)
        letters=dMsmWtnR
        options="$framing --message= --slots= --max-size= --oversize= --share --any-owner --continue --wait-consumers= --max-consumers= --mode= --slow= --timestamps"
        options+=" --timeout= --count= --rate= --exit-when-alone --tee --progress --verbose $general"
        ;;
    streamx-sub)
        letters=dftni
        options="$framing --format= --json --from= --tap --glob= --any-owner --no-wait --follow"
        options+=" --count= --timeout="
        options+=" --idle-timeout= --unbuffered --ack= --verbose $general"
        ;;
    *)
        letters=in
        options="--interval= --count= --names --force --any --json $general"
        ;;
    esac
    if [[ $typed == = ]]; then
        typed= && _streamx_value "$before" "$typed"
        return
    elif [[ $before == = ]]; then
        _streamx_value "${COMP_WORDS[COMP_CWORD - 2]}" "$typed"
        return
    elif [[ $before =~ ^-[$letters]$ || " $options " == *" $before= "* ]]; then
        _streamx_value "$before" "$typed"
        return
    elif [[ $typed == -* ]]; then
        # shellcheck disable=SC2086 # a list of words
        _streamx_offer "$typed" $options
        return
    fi
    _streamx_operands "$letters" "$options"
    case $program:$operands:$first in
    streamx:0:*) _streamx_offer "$typed" list ls info top rm gc fan doctor help ;;
    streamx:*:fan) mapfile -t COMPREPLY < <(compgen -c -- "$typed") ;;
    streamx-pub:0:* | streamx-sub:* | streamx:1:info | streamx:*:rm) _streamx_names "$typed" ;;
    streamx-pub:*) _streamx_files "$typed" ;;
    esac
}

complete -F _streamx_complete streamx streamx-pub streamx-sub
