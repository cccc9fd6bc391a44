#!/bin/bash
# bench/guests.sh BUILD: the guest_* programs over the machine's loopback and from host to host of a LAN, in turn; medians.
#
# Called by run.sh. A comparison that could not be made is shown as such, and the exit
# status is then 1; a figure that is not reached is only marked.
set -uo pipefail
cd "$1"

lan=bench$$
rounds=7 stream_ms=400 exchanges=4000 requests=2000 starts=15 idle=4000
[ -z "${QUICK:-}" ] || rounds=3 stream_ms=200 exchanges=1500 requests=500 starts=7 idle=1000
export BENCH_MS=$stream_ms
pids=()
missing=0
figures=$(mktemp -d)

finish() {
	timeout 10 ./berth down --lan "$lan" >/dev/null 2>&1
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$figures"
}
trap finish EXIT

# Servers: on ports of the machine, and each on a host of the LAN, all at the same ports.
declare -A port=([udp]=7105 [stream]=7101 [rr]=7102 [crr]=7103 [idle]=7104)
declare -A host=([udp]=10.77.9.5 [stream]=10.77.9.1 [rr]=10.77.9.2 [crr]=10.77.9.3 [idle]=10.77.9.4)

start_server() { # NAME
	"bench/guest_$1" server "${port[$1]}" >/dev/null 2>&1 &
	pids+=($!)
	./berth run --lan "$lan" --name "$1" --ip "${host[$1]}" -- "bench/guest_$1" server "${port[$1]}" >/dev/null 2>&1 &
	pids+=($!)
}

# All clients are one host's, as they are one machine's.
start_client() {
	./berth run --lan "$lan" --name client -- sleep 600 >/dev/null 2>&1 &
	pids+=($!)
	for ((try = 0; try < 50; try++)); do
		./berth exec --lan "$lan" client -- true 2>/dev/null && return
		sleep 0.1
	done
}

# What a client prints, or nothing where it fails.
native() { # NAME NUMBER
	timeout 10 "bench/guest_$1" client 127.0.0.1 "${port[$1]}" "$2"
}
over_berth() { # NAME NUMBER
	timeout 10 ./berth exec --lan "$lan" client -- "bench/guest_$1" client "${host[$1]}" "${port[$1]}" "$2"
}

# Figures are gathered by the line, in a file a measurement and side: MEASUREMENT.berth and MEASUREMENT.kernel.
# What has failed once is not tried again, since it may have taken its whole time.
take() { # MEASUREMENT NAME NUMBER
	[ ! -e "$figures/$1.failed" ] || return
	if ! native "$2" "$3" >>"$figures/$1.kernel" 2>"$figures/$1.why"; then
		touch "$figures/$1.failed"
	elif ! over_berth "$2" "$3" >>"$figures/$1.berth" 2>"$figures/$1.why"; then
		touch "$figures/$1.failed"
	fi
}

median() { # MEASUREMENT.SIDE COLUMN: nothing where there is no figure
	awk -v column="$2" 'NF >= column { print $column }' "$figures/$1" 2>/dev/null | sort -g |
		awk '{ value[NR] = $1 } END { if (NR) printf "%.3f\n", (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

# how is >=, <= or none; the ratio of Berth's figure to the kernel's is to be so.
row() { # WHAT MEASUREMENT COLUMN SCALE DIGITS UNIT HOW FIGURE
	local berth kernel
	if [ -e "$figures/$2.failed" ]; then
		printf '  %-38s not measured, since a round failed: %s\n' "$1" "$(tail -n 1 "$figures/$2.why")"
		missing=1
		return
	fi
	berth=$(median "$2.berth" "$3") kernel=$(median "$2.kernel" "$3")
	awk -v what="$1" -v berth="$berth" -v kernel="$kernel" -v scale="$4" -v digits="$5" -v unit="$6" -v how="$7" \
		-v figure="$8" 'BEGIN {
		ratio = berth / kernel
		printf "  %-38s %9.*f %9.*f %-5s %6.2f", what, digits, berth * scale, digits, kernel * scale, unit, ratio
		if (how != "none")
			printf "  %s %.2f  %s", how, figure, (how == ">=" ? ratio >= figure : ratio <= figure) ? "reached" : "NOT REACHED"
		print ""
	}'
}

# Milliseconds that a command takes.
milliseconds() { # COMMAND...
	local begin=${EPOCHREALTIME/./}
	"$@" >/dev/null 2>&1 || return 1
	awk -v us=$((${EPOCHREALTIME/./} - begin)) 'BEGIN { print us / 1000 }'
}

measure_starts() {
	for ((start = 0; start < starts; start++)); do
		milliseconds env true >>"$figures/start.kernel"
		milliseconds ./berth run --lan "$lan" -- true >>"$figures/start.berth" || missing=1
	done
}

start_row() {
	local berth kernel
	berth=$(median start.berth 1) kernel=$(median start.kernel 1)
	[ -n "$berth" ] || { printf '  %-38s not measured: Berth failed\n' "berth run -- true" && missing=1 && return; }
	awk -v berth="$berth" -v kernel="$kernel" 'BEGIN {
		printf "  %-38s %9.2f %9.2f %-5s %+6.2f  <= +15   %s\n", "berth run -- true; true", berth, kernel, "ms",
			berth - kernel, berth - kernel <= 15 ? "reached" : "NOT REACHED"
	}'
}

# KiB: the kernel's own small pieces, the whole machine's; resident in this LAN's daemon; in its supervisors.
weigh() {
	ps -eo rss,args | awk -v lan="$lan " -v slab="$(awk '$1 == "Slab:" { print $2 }' /proc/meminfo)" '
		index($0 " ", "berth daemon --lan " lan) && !/awk/ { daemon += $1 }
		index($0 " ", "berth run --lan " lan) && !/awk/ { supervisors += $1 }
		END { print slab + 0, daemon + 0, supervisors + 0 }'
}

# What is weighed while so many connections are open; nothing where they could not be had.
weigh_idle() { # COUNT COMMAND...
	local count=$1 line=
	shift
	coproc HOLDER { exec timeout 25 "$@" "$count" 2>/dev/null; }
	local holder=$HOLDER_PID out=${HOLDER[0]} in=${HOLDER[1]}
	read -r -t 15 line <&"$out"
	[ "$line" != open ] || { sleep 0.7 && weigh; }
	eval "exec $in>&-"
	wait "$holder"
	sleep 1
}

# A LAN of its own, whose daemon has no memory left over from other work. One connection is weighed, then many: what the
# programs take themselves is in both.
measure_idle() {
	local lan=$lan-idle one many
	start_server idle
	one=$(weigh_idle 1 bench/guest_idle client 127.0.0.1 "${port[idle]}")
	many=$(weigh_idle "$idle" bench/guest_idle client 127.0.0.1 "${port[idle]}")
	echo "$one $many" >"$figures/idle.kernel"
	one=$(weigh_idle 1 ./berth run --lan "$lan" -- bench/guest_idle client "${host[idle]}" "${port[idle]}")
	many=$(weigh_idle "$idle" ./berth run --lan "$lan" -- bench/guest_idle client "${host[idle]}" "${port[idle]}")
	echo "$one $many" >"$figures/idle.berth"
	timeout 10 ./berth down --lan "$lan" >/dev/null 2>&1
}

idle_row() {
	paste -d" " "$figures/idle.kernel" "$figures/idle.berth" | awk -v n="$idle" '
		NF != 12 {
			printf "  %-38s not measured: the connections could not be opened\n", "memory of an idle connection"
			exit 1
		}
		{
			each = 1024 / (n - 1)
			kernel = ($4 - $1) * each
			carriers = ($10 - $7) * each; daemon = ($11 - $8) * each; supervisors = ($12 - $9) * each
			all = carriers + daemon + supervisors
			printf "  %-38s %9.0f %9.0f %-5s %6.2f\n", "an idle connection, both ends", all, kernel, "bytes", all / kernel
			printf "    daemon %.0f, supervisors %.0f (resident), carriers %.0f (slab); %d were open, once\n",
				daemon, supervisors, carriers, n
		}'
}

measure_idle
for name in stream rr crr udp; do
	start_server "$name"
done
start_client
for ((round = 0; round < rounds; round++)); do
	take stream-1 stream 1
	take stream-8 stream 8
	take rr rr "$exchanges"
	take crr crr "$requests"
	take udp-connected udp 1
	take udp-apart udp 2
	take udp-rr udp "$exchanges"
done
measure_starts

echo "Guests, two programs and two hosts under \`berth run\`, as user $(id -un); the kernel's loopback: the same two programs without."
echo "Medians of $rounds rounds in turn; the kernel's congestion control: $(bench/library -c)."
printf '  %-38s %9s %9s %-5s %6s  %s\n' what Berth kernel unit ratio "figure to reach"
row "stream, 1 connection" stream-1 1 1e-9 2 GB/s ">=" 0.35
row "stream, 8 connections" stream-8 1 1e-9 2 GB/s none 0
row "1 byte there and back, p50" rr 1 1e-3 1 us "<=" 3
row "1 byte there and back, p99" rr 2 1e-3 1 us none 0
row "connect, request, response, close" crr 1 1 0 /s ">=" 0.15
row "64-byte datagrams, connected" udp-connected 1 1e-3 1 k/s ">=" 0.3
row "64-byte datagrams, not connected" udp-apart 1 1e-3 1 k/s ">=" 0.15
row "1-byte datagram there and back, p50" udp-rr 1 1e-3 1 us "<=" 3
start_row
idle_row || missing=1
exit "$missing"
