#!/bin/bash
# manual: the manual pages format without a warning.
set -euo pipefail

for page in doc/*.[1-8]; do
	warnings=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
	[[ -z $warnings ]] || { echo "$warnings"; exit 1; }
done
