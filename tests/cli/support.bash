# SPDX-License-Identifier: MIT
# What the cases share. They wait for conditions, with a deadline for the case that they never come
# true; nothing depends on how long something takes.

patience=90 # seconds

# needs TOOL...: skips the case where one of them is missing.
needs() {
    local tool
    for tool; do
        if ! command -v "$tool" >/dev/null; then
            echo "no $tool here" >&2
            exit 77
        fi
    done
}

# eventually COMMAND...: runs it until it succeeds.
eventually() {
    local give_up=$((SECONDS + patience))
    until "$@"; do
        if ((SECONDS > give_up)); then
            echo "timed out waiting for: $*"
            exit 99
        fi
        sleep 0.01
    done
}

# field_is NAME FIELD NUMBER; field_reaches NAME FIELD NUMBER; stream_is_gone NAME
field_is() { [[ $(peek "$1" "$2") == "$3" ]]; }
field_reaches() {
    local now
    now=$(peek "$1" "$2") && [[ $now -ge $3 ]]
}
stream_exists() { peek "$1" slots >/dev/null; }
stream_is_gone() { ! peek "$1" slots >/dev/null; }

# attached NAME NUMBER: waits until so many subscribers are.
attached() { eventually field_is "$1" consumers "$2"; }

has_lines() { [[ $(wc -l <"$1") -ge $2 ]]; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }

# ended LABEL PID: waits for a background process, and prints how it ended.
ended() {
    local status=0
    wait "$2" || status=$?
    echo "$1: exit $status"
}

# same LABEL FILE FILE...: whether the files are all alike.
same() {
    local label=$1 first=$2 other
    shift 2
    for other; do
        if ! cmp "$first" "$other"; then
            echo "$label: $other differs"
            return
        fi
    done
    echo "$label: same"
}

# Nothing that a case started outlives it.
end_jobs() {
    local pids
    pids=$(jobs -p)
    # shellcheck disable=SC2086 # one word per process
    [[ -z $pids ]] || kill -KILL $pids 2>/dev/null
    wait
}
trap end_jobs EXIT
