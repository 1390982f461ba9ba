#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# no_liburing.sh LIBRARY: who links with the library need not have liburing.
set -euo pipefail

symbols=$(nm --dynamic "$1")
needed=$(readelf --dynamic "$1" | grep NEEDED)
grep -q ' T streamx_prep_next' <<<"$symbols" # so that they were listed at all
grep -q 'libc\.' <<<"$needed"
if grep io_uring_ <<<"$symbols" || grep liburing <<<"$needed"; then
    exit 1
fi
