#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh FUZZER SEEDS RUNS [CORPUS] [LIBFUZZER_OPTION]...: runs a fuzzer on the seeds, which stay as
# they are, and on a corpus that grows; without one, on the seeds alone. An input that it trips over
# is left in $STREAMX_FUZZ_FINDINGS (default: the current directory). With STREAMX_LONG=1 there are
# ten times as many runs.
set -euo pipefail

fuzzer=$1 seeds=$2 runs=$3
shift 3
if [[ ${STREAMX_LONG-} ]]; then
    runs=$((10 * runs))
fi
if [[ ${1:--} != -* ]]; then
    corpus=$1
    shift
else
    corpus=$(mktemp -d)
    trap 'rm -rf "$corpus"' EXIT
fi
"$fuzzer" -runs="$runs" -timeout=120 -rss_limit_mb=4096 -max_len=256 -print_final_stats=1 \
    -artifact_prefix="${STREAMX_FUZZ_FINDINGS:-.}/" "$@" "$corpus" "$seeds"
