#!/bin/bash
# examples: the programs of example/ do what the README says. The stream pair runs on the machine's own loopback and on two
# Berth hosts, and prints the same; the echo request, which the machine keeps for root, runs on Berth.
#
#   test/examples.sh BUILD-DIRECTORY      prints ok or not ok a check
set -euo pipefail

build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")/../example" && pwd)
export BERTH_LAN=examples
place=$(mktemp -d)
finish() {
	"$build/berth" down --lan "$BERTH_LAN" >/dev/null 2>&1 || true
	rm -rf "$place"
}
trap finish EXIT
cd "$place"
failed=0

verdict() { # NAME EXPECTED SEEN
	if diff -au "$2" "$3"; then
		echo "ok $1"
	else
		echo "not ok $1"
		failed=1
	fi
}

# Runs the pair, each behind a command of its own ("env" for none), and writes what both print to a file.
pair() { # FILE ADDRESS PORT SERVER-PREFIX CLIENT-PREFIX
	local server
	# The prefixes are words to be split.
	timeout 20 $4 "$build/example/stream_server" "$2" "$3" >server.out 2>&1 &
	server=$!
	for _ in {1..200}; do
		! grep -q listening server.out || break
		sleep 0.05
	done
	timeout 20 $5 "$build/example/stream_client" "$2" "$3" "hello from the client" >client.out 2>&1 ||
		echo "client: status $?" >>client.out
	wait "$server" || echo "server: status $?" >>server.out
	cat server.out client.out >"$1"
}

"$build/example/two_hosts" >two_hosts
verdict two_hosts "$here/two_hosts.expected" two_hosts

echo_request() { timeout 20 "$build/berth" run --name "$1" -- "$build/example/echo_request" "$2" 2>&1 || echo "status $?"; }
timeout 20 "$build/berth" run --name target --ip 10.77.0.1 -- sleep 10 >/dev/null 2>&1 &
target=$!
for _ in {1..200}; do
	! "$build/berth" ps 2>/dev/null | grep -q 10.77.0.1 || break
	sleep 0.05
done
echo_request client 10.77.0.1 >echo_request
kill $target
wait $target || true
verdict echo_request_on_berth "$here/echo_request.expected" echo_request

pair native 127.0.0.1 "$((20000 + RANDOM % 10000))" env env
verdict stream_on_the_machine "$here/stream.expected" native
pair berth 10.77.0.1 7000 "$build/berth run --name server --ip 10.77.0.1 --" "$build/berth run --name client --"
verdict stream_on_berth native berth
exit $failed
