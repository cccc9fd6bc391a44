#!/usr/bin/env bash
# What is left when something dies: guests, the daemon, a supervisor, each by SIGKILL. Runs as whoever calls it, which is to
# be an ordinary user.
#
#   test/guest/deaths.sh BUILD-DIRECTORY      prints ok or not ok a case, and what went wrong
set -u
berth=$(realpath "$1/berth")
killed=$(realpath "$1/test/guest/killed")
lan=deaths-$$
work=$(mktemp -d)
started=()
failures=0

# Only what this script started, by its pid; then its LAN.
end_all() {
	local pid
	for pid in "${started[@]}"; do kill -9 "$pid" 2>/dev/null; done
	for pid in "${started[@]}"; do wait "$pid" 2>/dev/null; done
	started=()
	timeout 20 "$berth" down --lan "$lan" >/dev/null 2>&1
}
finish() {
	end_all
	rm -rf "$work"
}
trap finish EXIT

await() { # COMMAND...: until it says yes, ten seconds at most
	local _
	for _ in $(seq 200); do
		"$@" && return 0
		sleep 0.05
	done
	echo "in vain: $*"
	return 1
}

# The daemon by its lock on the LAN's name: the process whose command line has it.
daemon_pid() {
	local directory
	for directory in /proc/[0-9]*; do
		if tr '\0' ' ' 2>/dev/null <"$directory/cmdline" | grep -q "daemon --lan $lan "; then
			echo "${directory#/proc/}"
			return 0
		fi
	done
	return 1
}
has_host() { "$berth" ps --lan "$lan" | grep -q "^$1 "; }
descriptors() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
descriptors_are() { [ "$(descriptors "$1")" = "$2" ]; }
no_sockets() { [ "$("$berth" ss --lan "$lan" --json | tr -d ' \n')" = '[]' ]; }
said() { grep -q "$1" "$work/guest.out"; }

killed_guests_leave_nothing() {
	"$berth" run --lan "$lan" --name anchor -- sleep 100 >"$work/anchor.log" 2>&1 </dev/null &
	started+=($!)
	await has_host anchor || return 1
	local daemon before
	daemon=$(daemon_pid) || return 1
	before=$(descriptors "$daemon")
	timeout 60 "$berth" run --lan "$lan" --name storm -- "$killed" >"$work/storm.out" 2>&1 || {
		cat "$work/storm.out"
		return 1
	}
	await no_sockets || { "$berth" ss --lan "$lan"; return 1; }
	await descriptors_are "$daemon" "$before" || { ls -l "/proc/$daemon/fd"; return 1; }
}

# A guest of many threads, each in a call, and then with calls that are new. It tells each outcome.
cat >"$work/guest.py" <<'PYTHON'
import errno, socket, sys, threading, time
machine = int(sys.argv[1])
def tell(name, call, *arguments):
    try:
        call(*arguments)
        outcome = "ok"
    except OSError as error:
        outcome = errno.errorcode[error.errno]
    print(name, outcome, flush=True)
def there(call, *arguments):
    thread = threading.Thread(target=tell, args=(call.__name__, call) + arguments, daemon=True)
    thread.start()
    return thread
listener = socket.create_server(("127.0.0.1", machine))  # free on the host, whatever the machine has there
client = socket.create_connection(("127.0.0.1", machine))
served, _ = listener.accept()
client.sendall(b"x" * 10)
served.recv(10)
full = socket.create_server(("127.0.0.1", machine + 1), backlog=0)
first = socket.create_connection(("127.0.0.1", machine + 1))
unconnected, unbound = socket.socket(), socket.socket()
unbound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
waiting = [there(listener.accept), there(socket.create_connection, ("127.0.0.1", machine + 1)), there(client.recv, 1)]
time.sleep(0.2)
listener.close()
print("ready", flush=True)
sys.stdin.readline()
for thread in waiting[:2]:
    thread.join(5)
tell("socket", socket.socket)
tell("connect", unconnected.connect, ("127.0.0.1", machine))
tell("again", unconnected.connect, ("127.0.0.1", machine))
tell("bind", unbound.bind, ("127.0.0.1", machine + 2))
tell("listen", unbound.listen)
tell("send to", client.sendto, b"x", ("127.0.0.1", machine))
print("done", flush=True)
PYTHON

# The machine's own listener, which no guest may ever reach: it writes down who comes.
cat >"$work/machine.py" <<'PYTHON'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    listener.accept()
    print("somebody came", flush=True)
PYTHON

# Starts both; the guest waits for a word on descriptor 9.
start_guest() {
	rm -f "$work/words"
	mkfifo "$work/words"
	python3 "$work/machine.py" >"$work/machine.out" 2>&1 &
	started+=($!)
	await test -s "$work/machine.out" || return 1
	port=$(head -1 "$work/machine.out")
	"$berth" run --lan "$lan" --name victim -- python3 "$work/guest.py" "$port" \
		<"$work/words" >"$work/guest.out" 2>&1 &
	front=$!
	started+=("$front")
	exec 9>"$work/words"
	await said '^ready' || { cat "$work/guest.out"; return 1; }
}

# What the guest asked for is nowhere on the machine: no connection came, and nobody listens there but ourselves.
machine_is_untouched() {
	local hex
	grep -q 'somebody came' "$work/machine.out" && { echo "a guest reached the machine's listener"; return 1; }
	for hex in $(printf '%04X %04X' $((port + 1)) $((port + 2))); do
		grep -q ":$hex 00000000:0000 0A" /proc/net/tcp && { echo "a guest's port :$hex on the machine"; return 1; }
	done
	return 0
}

outcomes_are() { # ERROR: of every call that is asked, none may be ok
	await said '^done' || { cat "$work/guest.out"; return 1; }
	if grep -E '^(accept|create_connection|socket|connect|again|bind|listen|send to) ' "$work/guest.out" | grep -qv " $1\$"; then
		cat "$work/guest.out"
		return 1
	fi
	[ "$(grep -c " $1\$" "$work/guest.out")" -ge 8 ] || { cat "$work/guest.out"; return 1; }
}

the_daemon_dies() {
	start_guest || return 1
	machine_is_untouched || return 1
	kill -9 "$(daemon_pid)"
	echo >&9
	outcomes_are ENETDOWN || return 1
	said '^recv' || { echo "a reader waits for ever"; return 1; }
	machine_is_untouched || return 1
	exec 9>&-
	wait "$front"
	# And the LAN's name serves a new daemon.
	[ "$(timeout 10 "$berth" run --lan "$lan" -- echo again)" = again ]
}

the_supervisor_dies() {
	start_guest || return 1
	kill -9 "$(cat "/proc/$front/task/$front/children")"
	echo >&9
	outcomes_are ENOSYS || return 1
	machine_is_untouched || return 1
	exec 9>&-
	wait "$front"
	[ $? = 125 ] || { echo "the front's status"; return 1; }
	await no_host
}
no_host() { ! has_host victim; }

# Three of its stressors, one after the other: many sockets, many descriptors passed on, many connections to one listener.
stress_is_borne() {
	local stressor
	for stressor in sock sockfd sockmany; do
		(cd "$work" && timeout 30 "$berth" run --lan "$lan" -- stress-ng --quiet --temp-path "$work" --timeout 2s \
			"--$stressor" 2) || return 1
	done
	await no_sockets
}

for case in killed_guests_leave_nothing the_daemon_dies the_supervisor_dies stress_is_borne; do
	if $case >"$work/case.out" 2>&1; then
		echo "ok $case"
	else
		echo "not ok $case"
		sed 's/^/    /' "$work/case.out"
		failures=$((failures + 1))
	fi
	end_all
done
exit $((failures > 0))
