# SPDX-License-Identifier: MIT
# What the tests of the manual pages share.
# Usage of each: TEST.sh SOURCE_DIR PROGRAM_DIR LIBRARY CC
# shellcheck disable=SC2034 # used by those that read this file
set -euo pipefail

source_dir=$1 program_dir=$2 library=$3 cc=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH=$program_dir:$PATH STREAMX_DIR=$work/streams LC_ALL=C
mkdir "$STREAMX_DIR"
pages=("$source_dir"/cli/man/*.1 "$source_dir"/lib/man/*.[37])

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# displays PAGE FIRST PREFIX: writes each literal display whose first line begins with FIRST to a
# file PREFIX.1, PREFIX.2 and so on.
displays() {
    awk -v first="$2" -v prefix="$3" '
        /^\.Ed/ { if (text != "" && index(text, first) == 1) printf "%s", text > (prefix "." ++n)
                  inside = 0; text = "" }
        inside { gsub(/\\&/, ""); gsub(/\\e/, "\\"); text = text $0 "\n" }
        /^\.Bd -literal/ { inside = 1; text = "" }' "$1"
}
