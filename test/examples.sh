#!/bin/bash
# examples: the programs of example/ do what the README says. Each kind runs on the machine's own loopback and on Berth
# hosts, and prints the same; the echo request, which the machine keeps for root, runs on Berth, and natively only
# as root. Each is asked of both families, but for the broadcast, which is IPv4's alone.
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

# Waits until the file has that line.
wait_for() { # FILE LINE
	for _ in {1..200}; do
		! grep -q "$2" "$1" || return 0
		sleep 0.05
	done
}

# Runs the pair, each behind a command of its own ("env" for none), and writes what both print to a file.
pair() { # KIND FILE ADDRESS PORT SERVER-PREFIX CLIENT-PREFIX
	local server kind=$1
	shift
	: >server.out # the last pair's says "listening" already
	# The prefixes are words to be split.
	timeout 20 $4 "$build/example/${kind}_server" "$2" "$3" >server.out 2>&1 &
	server=$!
	wait_for server.out listening
	timeout 20 $5 "$build/example/${kind}_client" "$2" "$3" "hello from the client" >client.out 2>&1 ||
		echo "client: status $?" >>client.out
	wait "$server" || echo "server: status $?" >>server.out
	cat server.out client.out >"$1"
}

# One listener, and then a sender, each behind a command of its own; writes what the listener prints to a file.
one_way() { # FILE BEGIN LISTENER-COMMAND SENDER-COMMAND
	local listener
	: >listener.out
	timeout 20 $3 >listener.out 2>&1 &
	listener=$!
	wait_for listener.out "$2"
	timeout 20 $4 one two "the end" || echo "sender: status $?" >>listener.out
	wait "$listener" || echo "listener: status $?" >>listener.out
	cp listener.out "$1"
}

"$build/example/two_hosts" >two_hosts
verdict two_hosts "$here/two_hosts.expected" two_hosts

# Sends the request, behind a command ("env" for none), and is judged.
echo_request() { # NAME ADDRESS PREFIX
	# The prefix is words to be split.
	timeout 20 $3 "$build/example/echo_request" "$2" >answer 2>&1 || echo "status $?" >>answer
	sed "s/ADDRESS/$2/" "$here/echo_request.expected" >expected
	verdict "echo_request_$1, $2" expected answer
}
if ((EUID == 0)); then
	echo_request on_the_machine 127.0.0.1 env
	echo_request on_the_machine ::1 env
fi
timeout 20 "$build/berth" run --name target --ip 10.77.0.1 -- sleep 15 >/dev/null 2>&1 &
target=$!
for _ in {1..200}; do
	! "$build/berth" ps 2>/dev/null | grep -q 10.77.0.1 || break
	sleep 0.05
done
for address in 10.77.0.1 fd77::1; do
	echo_request on_berth $address "$build/berth run --name client --"
done
for address in 127.0.0.1 ::1; do
	echo_request on_one_host $address "$build/berth exec target --"
done
kill $target
wait $target || true

for kind in stream datagram; do
	for address in 127.0.0.1 ::1; do
		pair $kind native $address "$((20000 + RANDOM % 10000))" env env
		verdict "${kind}_on_the_machine, $address" "$here/$kind.expected" native
	done
	for address in 10.77.0.1 fd77::1; do
		pair $kind berth $address 7000 "$build/berth run --name server --ip $address --" "$build/berth run --name client --"
		verdict "${kind}_on_berth, $address" "$here/$kind.expected" berth
	done
	for address in 127.0.0.1 ::1; do
		pair $kind berth $address 7000 "$build/berth run --name server --" "$build/berth exec server --"
		verdict "${kind}_on_one_host, $address" "$here/$kind.expected" berth
	done
done

member=$build/example/multicast_member sender=$build/example/multicast_sender
run="$build/berth run --name"
port=$((20000 + RANDOM % 10000))
one_way native joined "$member 239.1.2.3 $port 127.0.0.1" "$sender 239.1.2.3 $port 127.0.0.1"
verdict multicast_on_the_machine "$here/multicast.expected" native
one_way berth joined "$run member -- $member 239.1.2.3 7001 0.0.0.0" "$run sender -- $sender 239.1.2.3 7001 0.0.0.0"
verdict multicast_on_berth native berth
one_way native joined "$member 232.1.2.3 $port 127.0.0.1 127.0.0.1" "$sender 232.1.2.3 $port 127.0.0.1"
verdict multicast_of_one_source_on_the_machine "$here/multicast.expected" native
one_way berth joined "$run member -- $member 232.1.2.3 7002 0.0.0.0 10.77.0.9" \
	"$run sender --ip 10.77.0.9 -- $sender 232.1.2.3 7002 0.0.0.0"
verdict multicast_of_one_source_on_berth native berth
one_way berth joined "$run member -- $member ff15::42 7003 eth0" "$run sender -- $sender ff15::42 7003 eth0"
verdict multicast_of_ipv6_on_berth "$here/multicast.expected" berth
one_way berth joined "$run member -- $member ff35::4:2 7004 eth0 fd77::9" \
	"$run sender --ip fd77::9 -- $sender ff35::4:2 7004 eth0"
verdict multicast_of_one_source_of_ipv6_on_berth "$here/multicast.expected" berth

listener=$build/example/broadcast_listener sender=$build/example/broadcast_sender
one_way native listening "$listener $port" "$sender 127.255.255.255 $port"
verdict broadcast_on_the_machine "$here/broadcast.expected" native
one_way berth listening "$run listener -- $listener 7003" "$run sender -- $sender 10.77.255.255 7003"
verdict broadcast_on_berth native berth
exit $failed
