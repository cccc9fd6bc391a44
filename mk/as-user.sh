#!/bin/bash
# as-user: runs a command as an ordinary user, in a fresh directory of its own.
#
#   mk/as-user.sh PATH... -- COMMAND [ARGUMENT...]
#
# The paths (relative to here) are copied into that directory under the same names, since the tree itself may be
# unreadable to anybody but root, and the command starts there. Its HOME, TMPDIR and XDG_RUNTIME_DIR are empty and its
# own, so that no LAN of the caller's is met. Who calls as root becomes nobody; anybody else stays who they are. What the
# command leaves in out/ is copied to build/out/. At the end its LANs are taken down and the directory is removed.
set -euo pipefail

paths=()
while [[ $1 != -- ]]; do
	paths+=("$1")
	shift
done
shift

become=()
if ((EUID == 0)); then
	become=(setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" --clear-groups)
fi

place=$(mktemp -d /tmp/berth.XXXXXX)
mkdir -m 700 "$place"/{tree,home,tmp,run}
mkdir "$place/tree/out"
tar -c --exclude='*.[oda]' "${paths[@]}" | tar -x --no-same-owner -C "$place/tree"
((EUID != 0)) || chown -R nobody:"$(id -gn nobody)" "$place"

run() {
	(
		cd "$place/tree"
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME="$place/home" TMPDIR="$place/tmp" XDG_RUNTIME_DIR="$place/run" \
			LANG=C.UTF-8 TERM="${TERM:-dumb}" ${CI:+CI="$CI"} "${become[@]}" "$@"
	)
}

leave() {
	local socket berth
	for socket in "$place"/run/berth/*.sock; do
		[[ -S $socket ]] || continue
		for berth in "$place"/tree/build/*/berth; do
			run "$berth" down --lan "$(basename "$socket" .sock)" >/dev/null 2>&1 || true
		done
	done
	if [[ -n $(ls -A "$place/tree/out") ]]; then
		mkdir -p build/out
		cp -rP "$place"/tree/out/. build/out/
	fi
	rm -rf "$place"
}
trap leave EXIT

run "$@"
