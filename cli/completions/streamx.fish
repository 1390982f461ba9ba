# SPDX-License-Identifier: MIT
# fish completion for streamx, streamx-pub and streamx-sub.

function __streamx_names
    streamx list --names 2>/dev/null
end

# Whether no operand stands before the cursor. Some options take the next word.
function __streamx_before_operand
    set -l words (commandline -opc)
    set -l takes '^(-[0LwqvxTpuJ]*[dMsmWtnRfi]|--(delimiter|message|slots|max-size|wait-consumers|max-consumers|mode|oversize|slow|timeout|count|rate|format|glob|from|idle-timeout|ack))$'
    if string match -qr '(^|/)streamx$' -- $words[1]
        set takes '^(-[fqJ]*[in]|--(interval|count))$'
    end
    set -l skip 1 # the program itself
    for word in $words
        if test $skip -eq 1
            set skip 0
        else if string match -qr -- $takes $word
            set skip 1
        else if not string match -q -- '-?*' $word
            return 1
        end
    end
    return 0
end

for program in streamx-pub streamx-sub
    complete -c $program -n __streamx_before_operand -x -a '(__streamx_names)'
    complete -c $program -s 0 -l null -d 'Messages end with a NUL byte'
    complete -c $program -s d -l delimiter -x -d 'Messages end with a string'
    complete -c $program -s L -l length-prefixed -d 'Each message follows its length'
    complete -c $program -s r -l raw -d 'Nothing between messages'
    complete -c $program -s w -l whole -d 'All of it is one message'
    complete -c $program -s n -l count -x -d 'End after this many messages'
    complete -c $program -s v -l verbose -d 'Say what is going on'
end

complete -c streamx-pub -s s -l slots -x -d 'Publications that the ring holds'
complete -c streamx-pub -s m -l max-size -x -d 'The longest message'
complete -c streamx-pub -l oversize -x -a 'fail skip split' -d 'What to do with longer messages'
complete -c streamx-pub -s W -l wait-consumers -x -d 'Wait for this many subscribers'
complete -c streamx-pub -s M -l message -x -d 'Publish this text'
complete -c streamx-pub -l max-consumers -x -d 'Most subscribers at one time'
complete -c streamx-pub -l mode -x -a '0600 0640 0660 0666' -d 'Permissions of the stream'
complete -c streamx-pub -l slow -x -a 'block evict=' -d 'What to do with slow subscribers'
complete -c streamx-pub -s S -l share -d 'Publish beside others that share the stream'
complete -c streamx-pub -l any-owner -d 'With -S: also to a stream of another user'
complete -c streamx-pub -s C -l continue -d 'Take up the stream of a publisher that died'
complete -c streamx-pub -l timestamps -d 'Stamp each message with the time'
complete -c streamx-pub -s t -l timeout -x -d 'Longest wait for subscribers'
complete -c streamx-pub -s R -l rate -x -d 'Most messages per second'
complete -c streamx-pub -s x -l exit-when-alone -d 'End with the last subscriber'
complete -c streamx-pub -s T -l tee -d 'Copy the input to standard output'
complete -c streamx-pub -s p -l progress -d 'Show the progress'

complete -c streamx-sub -n 'not __streamx_before_operand' -x -a '(__streamx_names)'
complete -c streamx-sub -s f -l format -x -d 'What to write for each message'
complete -c streamx-sub -s J -l json -d 'Write JSON'
complete -c streamx-sub -l from -x -a 'next new latest oldest' -d 'Where to begin'
complete -c streamx-sub -l tap -d 'Look on without being waited for'
complete -c streamx-sub -l glob -x -d 'Read all streams that match'
complete -c streamx-sub -l any-owner -d 'Accept streams of other users'
complete -c streamx-sub -l no-wait -d 'Do not wait for the stream to appear'
complete -c streamx-sub -l follow -d 'Go on with the next stream of that name'
complete -c streamx-sub -s t -l timeout -x -d 'End after this time'
complete -c streamx-sub -s i -l idle-timeout -x -d 'End after this time without a message'
complete -c streamx-sub -s u -l unbuffered -d 'Write each message by itself'
complete -c streamx-sub -l ack -x -a 'write receive' -d 'When to acknowledge'

complete -c streamx -f
complete -c streamx -n __streamx_before_operand -a 'list ls info top rm gc fan doctor help'
complete -c streamx -n '__fish_seen_subcommand_from info rm' -a '(__streamx_names)'
complete -c streamx -s i -l interval -x -d 'Time between two looks'
complete -c streamx -s n -l count -x -d 'top: end after this many updates'
complete -c streamx -l names -d 'list: names only'
complete -c streamx -l any -d 'fan: one command that succeeds is enough'
complete -c streamx -s f -l force -d 'rm: live ones too; gc: remove indeed'
complete -c streamx -s J -l json -d 'Write JSON'

for program in streamx streamx-pub streamx-sub
    complete -c $program -s q -l quiet -d 'Say nothing on standard error'
    complete -c $program -s h -l help -d 'Show a summary'
    complete -c $program -s V -l version -d 'Show the version'
end
