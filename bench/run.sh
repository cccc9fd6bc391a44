#!/bin/bash
# bench/run.sh BUILD: everything that is timed, Berth beside the machine's own kernel. `make bench` calls it.
#
# All of it runs as an ordinary user: as nobody where root asks. The programs are copied to a directory of their own first,
# since that user may not be able to read this one. QUICK=1 takes fewer and shorter rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

place=$(mktemp -d /tmp/berth-bench.XXXXXX)
trap 'rm -rf "$place"' EXIT
for program in "$build"/berth "$build"/bench/library "$build"/bench/guest_{stream,rr,crr,idle} bench/guests.sh; do
	cp "$program" "$place/"
done
mkdir -m 700 "$place/run"

as=()
if [ "$(id -u)" = 0 ]; then
	chown -R nobody: "$place"
	as=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups --)
fi

describe_machine() {
	local cpu load
	load=$(cut -d' ' -f1 /proc/loadavg)
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "Machine: ${cpu:-$(uname -m)}, $(nproc) cores, Linux $(uname -r), load $load at the start."
	echo "Its default congestion control: $(sysctl -n net.ipv4.tcp_congestion_control 2>/dev/null || echo unknown); the kernel's" \
		"sockets below take the one named there."
	awk -v load="$load" 'BEGIN { exit !(load > 0.7) }' && echo "Other work is running: the figures are unsure."
	echo
}

rounds=7 milliseconds=200
[ -z "${QUICK:-}" ] || rounds=3 milliseconds=100
describe_machine
cd "$place"
failed=0
"${as[@]}" ./library -r "$rounds" -t "$milliseconds" || failed=1
echo
"${as[@]}" env XDG_RUNTIME_DIR="$place/run" HOME="$place" bash ./guests.sh || failed=1
exit "$failed"
