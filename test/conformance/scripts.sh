#!/bin/bash
# scripts: plays scripts of segments, as packetdrill's users write them.
#
#   test/conformance/scripts.sh PLAYER library   ours (test/conformance/scripts/) on libberth, strictly
#   test/conformance/scripts.sh PLAYER kernel    ours on the machine's own TCP: what they claim of Linux is so. As root
#   test/conformance/scripts.sh PLAYER linux     the kernel's own, where Debian's linux-source-6.12 is installed
#
# waiting and waiting.linux list the scripts that libberth does not pass yet, each with its reason. Ends with one line:
# N passed, N failed, N skipped.
set -uo pipefail

player=$1
here=$(dirname "$0")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
passed=0 failed=0 skipped=0

# Lines of the form NAME: REASON, # begins a comment. Prints the names.
names_in() {
	[[ ! -e $1 ]] || sed -n 's/^\([^#][^:]*\):.*/\1/p' "$1"
}

# The scripts on standard input, which lie in DIRECTORY, each a line of its own.
play() { # DIRECTORY WAITING OPTION...
	local directory=$1 waiting=$2 name says
	shift 2
	while read -r name; do
		says=$("$player" "$@" "$directory/$name" </dev/null)
		case $? in
		0)
			grep -qxF "$name" <<<"$waiting" &&
				echo "$name waits no longer: take it off the list"
			if [[ $says == *"0 passed"* ]]; then
				skipped=$((skipped + 1))
				echo "skipped $name: ${says%%$'\n'*}"
			else
				passed=$((passed + 1))
			fi
			;;
		*)
			if grep -qxF "$name" <<<"$waiting"; then
				skipped=$((skipped + 1))
			else
				echo "not ok $name"
				echo "$says"
				failed=$((failed + 1))
			fi
			;;
		esac
	done
}

# In real time on a busy machine: what is late by so much is not wrong, and what is later still may be tried again.
on_kernel() { # DIRECTORY NAME
	local says try
	for try in 1 2 3; do
		if says=$("$player" --kernel --tolerance_usecs=50000 "$1/$2" </dev/null); then
			echo "ok $2"
			return
		fi
	done
	printf 'not ok %s\n%s\n' "$2" "$says"
}
export -f on_kernel

scripts_in() {
	(cd "$1" && find . -name '*.pkt' | sed 's/^\.\///' | sort)
}

case ${2-} in
library)
	play "$here/scripts" "$(names_in "$here/scripts/waiting")" --strict < <(scripts_in "$here/scripts")
	;;
kernel)
	((EUID == 0)) || exit 77
	"$player" --kernel --ip_version=ipv4 "$here/scripts/handshake/refused.pkt" >"$place/says"
	! grep -q 'needs a namespace' "$place/says" || exit 77
	export player
	scripts_in "$here/scripts" | xargs -P 4 -I NAME bash -c 'on_kernel "$1" "$2"' - "$here/scripts" NAME >"$place/says"
	grep -v '^ok ' "$place/says"
	passed=$(grep -c '^ok ' "$place/says") failed=$(grep -c '^not ok ' "$place/says")
	;;
linux)
	source=/usr/src/linux-source-6.12.tar.xz
	inside=tools/testing/selftests/net/packetdrill
	[[ -e $source ]] || exit 77
	tar -xJf "$source" -C "$place" --strip-components=1 --wildcards "*/$inside/*" || exit 1
	play "$place/$inside" "$(names_in "$here/scripts/waiting.linux")" < <(scripts_in "$place/$inside")
	;;
*)
	echo "usage: scripts.sh PLAYER library|kernel|linux" >&2
	exit 2
	;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
