# SPDX-License-Identifier: MIT
# File names with everything that a name may hold go from find -print0 to xargs -0.
. "$SUPPORT"

mkdir files
for name in plain 'two words' $'new\nline' "quote'\"" 'star*' $'bytes\xff\xfe' -n ' '; do
    echo "$name" >"files/$name"
done
find files -type f -print0 | sort -z >names
streamx-sub -0 names | tee got | xargs -0 cat -- | sort >contents &
streamx-pub -0 names <names
wait
same "names" names got
same "contents" contents <(cat files/* | sort)
tr -dc '\0' <got | wc -c

# xargs that ends early (status 255) closes the pipe
streamx-sub -0 -q names | xargs -0 -n 1 sh -c 'exit 255' sh 2>/dev/null &
streamx-pub -0 -x -q names < <(yes | tr '\n' '\0')
status=$?
[[ $status == 0 || $status == 3 ]] && echo "pub: ends with it" # 0 if just then all was acknowledged
wait
