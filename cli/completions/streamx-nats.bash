# SPDX-License-Identifier: MIT
# bash completion for streamx-nats.

# _streamx_nats_offer TYPED WORD...: offers those words that begin with what is being completed.
# Words that end with '=' are not followed by a blank.
_streamx_nats_offer() {
    local typed=$1 word
    shift
    for word; do
        [[ $word == "$typed"* ]] || continue
        COMPREPLY+=("$word")
        [[ $word != *= ]] || compopt -o nospace 2>/dev/null
    done
}

_streamx_nats_value() { # OPTION TYPED
    case $1 in
    --retention) _streamx_nats_offer "$2" limits workqueue interest ;;
    --storage) _streamx_nats_offer "$2" file memory ;;
    --from) _streamx_nats_offer "$2" all new seq= time= ;;
    --mode) _streamx_nats_offer "$2" 0600 0660 0666 ;;
    --server | -s) _streamx_nats_offer "$2" nats:// tls:// ;;
    --password-file | --creds | --nkey | --tlsca | --tlscert | --tlskey)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$2")
        ;;
    esac
}

_streamx_nats_complete() {
    local typed=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} names
    local options='--server= --user= --password-file= --creds= --nkey= --tls --tlsca= --tlscert=
        --tlskey= --stream= --subject= --create --retention= --storage= --replicas= --max-msgs=
        --max-bytes= --max-age= --lossy --chunk --window= --durable= --from= --batch= --ack-wait=
        --slots= --max-size= --wait-consumers= --mode= --follow --wait= --no-wait --timeout=
        --progress --quiet --verbose --help --version'
    COMPREPLY=()
    if [[ $typed == = ]]; then
        _streamx_nats_value "$before" ''
    elif [[ $before == = ]]; then
        _streamx_nats_value "${COMP_WORDS[COMP_CWORD - 2]}" "$typed"
    elif [[ $before == -[smWt] || " ${options//$'\n'/ } " == *" $before= "* ]]; then
        _streamx_nats_value "$before" "$typed"
    elif [[ $typed == -* ]]; then
        # shellcheck disable=SC2086 # a list of words
        _streamx_nats_offer "$typed" $options
    elif [[ " ${COMP_WORDS[*]:1:COMP_CWORD-1} " != *\ @(in|out)\ * ]]; then
        _streamx_nats_offer "$typed" in out
    else
        mapfile -t names < <(streamx list --names 2>/dev/null)
        _streamx_nats_offer "$typed" "${names[@]}"
    fi
}

complete -F _streamx_nats_complete streamx-nats
