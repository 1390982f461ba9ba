#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh PROGRAM: README.md's program in C++ says what it was told.
set -euo pipefail

STREAMX_DIR=$(mktemp -d /dev/shm/streamx-cpp.XXXXXX)
trap 'rm -rf "$STREAMX_DIR"' EXIT
export STREAMX_DIR

"$1" hello world &
[[ $("$1") == $'hello\nworld' ]]
wait $!
[[ -z $(ls -A "$STREAMX_DIR") ]]
