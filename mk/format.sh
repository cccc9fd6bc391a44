#!/bin/bash
# format: clang-format would change nothing.
set -euo pipefail

find include lib machine command test bench example -name '*.[ch]' -print0 |
	xargs -0 clang-format --dry-run -Werror
