#!/bin/bash
# floors: a file includes its own floor and those below, never one above, and no room of its own floor but the ones named
# here. Below the waterline, machine/ and command/ know libberth only as <berth/...>. Prints each include that breaks it.
set -euo pipefail

declare -A floor=([base]=0 [wire]=1 [ip]=2 [lan]=2 [observe]=2 [transport]=3 [tcp]=3 [sctp]=3 [socket]=4)
# Neighbours on one floor that may be entered: ports are found by every transport.
declare -A door=([tcp:transport]=1 [sctp:transport]=1)
broken=0

refuse() {
	echo "$1: includes $2: $3"
	broken=1
}

# Lines of the form file:room/header.h
includes() {
	grep -rHoE --include='*.[ch]' '^#include "[^"]+"' "$@" | sed 's/#include "\(.*\)"/\1/'
}

while IFS=: read -r file header; do
	from=${file#lib/}
	[[ $from == */* ]] || continue # host.c, network.c: the top, which knows all floors
	from=${from%%/*}
	to=${header%%/*}
	if [[ $header != */* || -z ${floor[$to]-} ]]; then
		refuse "$file" "$header" "not a room of lib/"
	elif ((floor[$to] > floor[$from])); then
		refuse "$file" "$header" "a floor above"
	elif ((floor[$to] == floor[$from])) && [[ $to != "$from" && -z ${door[$from:$to]-} ]]; then
		refuse "$file" "$header" "another room of the same floor"
	fi
done < <(includes lib)

while IFS=: read -r file header; do
	[[ -e machine/$header || -e command/$header || -e ${file%/*}/$header ]] ||
		refuse "$file" "$header" "not found in machine/ or command/"
done < <(includes machine command)

exit $broken
