#!/bin/bash
# demo: two unmodified programs on two virtual hosts, watched while they talk. Run by `make demo`, by way of as-user.sh.
# Fails when the bytes differ, a listing lacks what it should show, or the capture holds a bad packet.
set -euo pipefail

berth=$PWD/$1/berth
export BERTH_LAN=demo
server=10.77.0.10
capture=out/demo.pcapng
started=()

headline() {
	printf '\n== %s\n' "$*"
}

fail() {
	echo "demo: $*" >&2
	exit 1
}

# Tries a command for ten seconds, until it succeeds.
await() {
	local end=$((SECONDS + 10))
	until "$@"; do
		((SECONDS < end)) || fail "waited ten seconds in vain for: $*"
		sleep 0.05
	done
}

leave() {
	"$berth" down --lan "$BERTH_LAN" >/dev/null 2>&1 || true
	((${#started[@]} == 0)) || kill "${started[@]}" 2>/dev/null || true
}
trap leave EXIT

listing_has() {
	"$berth" "$1" 2>/dev/null | grep -E "$2" >/dev/null
}

# The bytes that TCP carries are read as those of echo (RFC 862), which are any: else tshark puts 64 MiB of HTTP together
# again, or takes random bytes for some protocol of its own guess, which is slow and proves nothing of ours.
read_capture() {
	tshark -r "$capture" -d tcp.port==80,echo "$@" 2>/dev/null
}

headline "A web server on a host of its own, $server, and a file of 64 MiB"
mkdir files
head -c 64M /dev/urandom >files/random
echo "\$ berth run --name server --ip $server -- python3 -m http.server --bind :: 80"
"$berth" run --name server --ip "$server" -- python3 -m http.server --bind :: --directory files 80 \
	>server.log 2>&1 </dev/null &
started+=($!)
await listing_has ss 'LISTEN.*:80'

headline "A capture of every packet"
echo "\$ berth capture -w demo.pcapng"
"$berth" capture -w "$capture" 2>capture.log &
capturing=$!
started+=("$capturing")
await test -s "$capture"

headline "curl on another host fetches the file by the server's name, slowed down to 32 MiB/s so that it can be watched"
echo "\$ berth run --name client -- curl --limit-rate 32M http://server/random"
"$berth" run --name client -- curl -sS --limit-rate 32M -o fetched http://server/random </dev/null &
client=$!
started+=("$client")
await listing_has ss "client.*ESTAB.*:80"

headline "The hosts and their sockets meanwhile"
echo "\$ berth ps"
"$berth" ps | tee ps.log
echo "\$ berth ss"
"$berth" ss | tee ss.log
for host in server client; do
	grep -q "$host" ps.log || fail "berth ps does not show $host"
	grep -q "^$host .*ESTAB" ss.log || fail "berth ss does not show a connection of $host"
done

headline "What arrived"
wait "$client" || fail "curl ended with $?"
sha256sum files/random fetched
cmp files/random fetched || fail "the file arrived changed"

headline "The capture, read by tshark"
kill -INT "$capturing"
wait "$capturing" || true
read_capture -q -z conv,tcp
read_capture -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE \
	-T fields -e frame.number -e ip.checksum.status -e tcp.checksum.status -e _ws.malformed >packets
count=$(wc -l <packets)
# The fields: a number; 1 for good, 0 for bad, nothing where there is none (ARP), twice; a word where malformed.
bad=$(grep -cvP '^\d+\t1?\t1?\t$' packets || true)
echo "$count packets, $bad malformed or with a bad checksum"
((count > 0 && bad == 0)) || fail "the capture is not sound"

headline "Done"
"$berth" down --lan "$BERTH_LAN"
started=()
echo "The same 64 MiB on both hosts. The capture is build/out/demo.pcapng."
