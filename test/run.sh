#!/bin/bash
# run: runs cmocka programs, two at a time, and sums up their tests.
#
#   test/run.sh PROGRAM...
#
# Prints what a failing program said and ends with one line: N passed, N failed. A program that ends badly without naming
# a failed test (a crash, a sanitizer, 120 seconds) counts as one failure.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

one() {
	local log status=0
	log=$1/$(basename "$2")
	timeout -k 5 120 "$2" >"$log" 2>&1 || status=$?
	echo "exit status $status" >>"$log"
}
export -f one
printf '%s\0' "$@" | xargs -0 -P 2 -I '{}' bash -c 'one "$1" "$2"' one "$place" '{}'

# The sum of N in cmocka's lines "[  PASSED  ] N test(s)."
sum() {
	awk -v "word=$1" '$2 == word && $4 ~ /^[0-9]+$/ && $5 ~ /^test/ { sum += $4 } END { print sum + 0 }' "$2"
}

passed=0 failed=0 skipped=0
for log in "$place"/*; do
	bad=$(sum FAILED "$log")
	if [[ $(tail -n 1 "$log") != "exit status 0" ]]; then
		((bad > 0)) || bad=1
		echo "--- $(basename "$log")"
		grep -vE '^\[ +(RUN|OK) ' "$log"
	fi
	passed=$((passed + $(sum PASSED "$log")))
	failed=$((failed + bad))
	skipped=$((skipped + $(sum SKIPPED "$log")))
done
echo "$passed passed, $failed failed$( ((skipped == 0)) || echo ", $skipped skipped")"
((failed == 0))
