#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh EXAMPLE: runs it in a stream directory of its own, which must be empty again afterwards.
# The one that takes two files is given some, which must then be the same.
set -euo pipefail

directory=$(mktemp -d /dev/shm/streamx-example.XXXXXX)
scratch=$(mktemp -d)
trap 'rm -rf "$directory" "$scratch"' EXIT
export STREAMX_DIR=$directory

if [[ $1 == *zero_copy ]]; then
    head -c 3000001 /dev/urandom >"$scratch/from"
    "$1" "$scratch/from" "$scratch/to"
    cmp "$scratch/from" "$scratch/to"
else
    "$1"
fi
if [[ -n $(ls -A "$directory") ]]; then
    echo "left behind: $(ls -A "$directory")" >&2
    exit 1
fi
