#!/bin/bash
# bench/run.sh BUILD: everything that is timed, Berth beside the machine's own kernel, as an ordinary user. `make bench`
# calls it. QUICK=1 takes fewer and shorter rounds.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$1

describe_machine() {
	local cpu load
	load=$(cut -d' ' -f1 /proc/loadavg)
	cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	echo "Machine: ${cpu:-$(uname -m)}, $(nproc) cores, Linux $(uname -r), load $load at the start."
	echo "Its default congestion control: $(cat /proc/sys/net/ipv4/tcp_congestion_control); the kernel's sockets below take" \
		"the one named there."
	awk -v load="$load" 'BEGIN { exit !(load > 0.7) }' && echo "Other work is running: the figures are unsure."
	echo
}

# Not one of the rounds of the table above, but right behind them.
tell_lwip() {
	local figure
	if [ ! -x "$build/bench/lwip" ]; then
		echo "  lwIP is not compared with: liblwip-dev is not installed."
	elif figure=$(mk/as-user.sh "$build/bench/lwip" -- timeout 20 "$build/bench/lwip" -r "$rounds" -t "$milliseconds"); then
		awk -v figure="$figure" 'BEGIN {
			printf "  lwIP (Debian'"'"'s), 1,500-byte frames, checksums, in one process: %.2f GB/s\n", figure / 1e9
		}'
	else
		echo "  lwIP is not compared with: it failed."
	fi
}

rounds=7 milliseconds=200
[ -z "${QUICK:-}" ] || rounds=3 milliseconds=100
failed=0
describe_machine
mk/as-user.sh "$build/bench/library" -- "$build/bench/library" -r "$rounds" -t "$milliseconds" || failed=1
tell_lwip
mk/as-user.sh "$build/bench/datagrams" -- "$build/bench/datagrams" -r "$rounds" -t "$milliseconds" || failed=1
echo
mk/as-user.sh "$build/berth" "$build"/bench/{library,guest_{stream,rr,crr,idle,udp}} bench/guests.sh -- \
	env QUICK="${QUICK:-}" bash bench/guests.sh "$build" || failed=1
exit "$failed"
