#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh FUZZER SEEDS RUNS [LIBFUZZER_OPTION]...: runs a fuzzer on the seeds, which stay as they are.
# An input that it trips over is left in $STREAMX_FUZZ_FINDINGS (default: the current directory).
set -euo pipefail

fuzzer=$1 seeds=$2 runs=$3
shift 3
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
"$fuzzer" -runs="$runs" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
    -artifact_prefix="${STREAMX_FUZZ_FINDINGS:-.}/" "$@" "$corpus" "$seeds"
