#!/bin/bash
# purity: libberth calls the four memory functions and nothing else, and shows berth_* and nothing else.
#
#   mk/purity.sh LIBBERTH.O
set -euo pipefail

# The offset table is the linker's, not a function.
needs=$(nm -u "$1" | awk '{ print $NF }' | grep -vxE 'memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_' || true)
shows=$(nm -g --defined-only "$1" | awk '{ print $NF }' | grep -v '^berth_' || true)

[[ -z $needs ]] || printf '%s: calls %s\n' "$1" $needs
[[ -z $shows ]] || printf '%s: shows %s\n' "$1" $shows
[[ -z $needs && -z $shows ]]
