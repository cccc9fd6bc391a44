#!/usr/bin/env bash
# Real programs on Berth hosts, each pair many times over: curl and python3's http.server, wrk and nginx, redis-benchmark
# and redis-server, iperf3 with itself; and a quarter as often socat, iperf3 and python3 with datagrams, getent and curl
# with names, ping, socat and python3 with groups, tcpdump, tshark, hping3, arping, nmap and scapy. Runs as whoever calls
# it, which is to be an ordinary user.
#
#   test/guest/real.sh BERTH [COUNT]      prints ok or not ok a pair, and what went wrong
set -u
berth=$(realpath "$1")
count=${2:-20}
lan=real-$$
asking_go=$(dirname "$berth")/test/guest/asking-go
work=$(mktemp -d)
servers=()
failures=0

# Only what this script started: each server is a berth run of ours, ended by its pid; then its LAN.
end_servers() {
	local pid
	for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${servers[@]}"; do wait "$pid" 2>/dev/null; done
	servers=()
}
finish() {
	end_servers
	"$berth" down --lan "$lan" >/dev/null 2>&1
	rm -rf "$work"
}
trap finish EXIT

on() { # HOST COMMAND...: runs to its end on a host of its own
	local host=$1
	shift
	timeout 60 "$berth" run --lan "$lan" --name "$host" -- "$@"
}

serve() { # HOST IP COMMAND...: runs on in the background
	local host=$1 ip=$2
	shift 2
	"$berth" run --lan "$lan" --name "$host" --ip "$ip" -- "$@" >"$work/$host.log" 2>&1 </dev/null &
	servers+=($!)
}

await_listener() { # HOST PORT: until berth ss shows it, ten seconds at most
	local _
	for _ in $(seq 200); do
		"$berth" ss --lan "$lan" 2>/dev/null | grep -q "^$1 .*LISTEN.*:$2 " && return 0
		sleep 0.05
	done
	echo "no listener on $1:$2"
	cat "$work/$1.log"
	return 1
}

curl_and_http_server() {
	head -c 3000000 /dev/urandom >"$work/file" || return 1
	serve web 10.77.1.1 python3 -m http.server --bind 0.0.0.0 --directory "$work" 8000
	await_listener web 8000 || return 1
	on client curl -sS --max-time 30 -o "$work/fetched" http://10.77.1.1:8000/file || return 1
	cmp "$work/file" "$work/fetched"
}

wrk_and_nginx() {
	mkdir -p "$work/nginx"
	head -c 20000 /dev/urandom | base64 >"$work/nginx/page"
	cat >"$work/nginx.conf" <<-CONF
		daemon off; worker_processes 2; pid $work/nginx.pid; error_log $work/nginx.err;
		events { worker_connections 512; }
		http { access_log off; client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f;
		uwsgi_temp_path $work/u; scgi_temp_path $work/s;
		server { listen 80; root $work/nginx; } }
	CONF
	serve nginx 10.77.1.2 "$(command -v nginx || echo /usr/sbin/nginx)" -c "$work/nginx.conf" -e "$work/nginx.err"
	await_listener nginx 80 || return 1
	on client wrk -t2 -c16 -d1s http://10.77.1.2:80/page >"$work/wrk.out" 2>&1 || { cat "$work/wrk.out"; return 1; }
	if grep -qE 'Socket errors|Non-2xx' "$work/wrk.out" || ! grep -qE '[1-9][0-9]* requests in' "$work/wrk.out"; then
		cat "$work/wrk.out"
		return 1
	fi
}

redis() {
	serve redis 10.77.1.3 redis-server --port 6379 --save '' --protected-mode no --dir "$work"
	await_listener redis 6379 || return 1
	on client redis-benchmark -h 10.77.1.3 -q -n 2000 -c 20 -P 4 -t ping,set,get,lpush,lrange_100 \
		>"$work/redis.out" 2>&1 || { cat "$work/redis.out"; return 1; }
	if grep -qi error "$work/redis.out" || ! tr '\r' '\n' <"$work/redis.out" | grep -q '^GET: [0-9.]* requests per second'; then
		cat "$work/redis.out"
		return 1
	fi
}

# Of both families, as each that follows with two addresses.
iperf() {
	local family
	for family in "-4 10.77.1.4" "-6 fd77::104"; do
		serve iperf "${family#* }" iperf3 -s -1
		await_listener iperf 5201 || return 1
		# The family and its address are two words.
		on client iperf3 ${family% *} -c ${family#* } -n 64M -P 2 -J >"$work/iperf.out" 2>&1 || { cat "$work/iperf.out"; return 1; }
		python3 - "$work/iperf.out" <<-'CHECK' || return 1
			import json, sys
			end = json.load(open(sys.argv[1]))["end"]
			assert end["sum_received"]["bytes"] >= 60 << 20, end["sum_received"]
		CHECK
		end_servers
	done
}

await_bound() { # HOST PORT: as await_listener, for datagrams
	local _
	for _ in $(seq 200); do
		"$berth" ss --lan "$lan" 2>/dev/null | grep -q "^$1 .*UNCONN.*:$2 " && return 0
		sleep 0.05
	done
	echo "nobody bound on $1:$2"
	cat "$work/$1.log"
	return 1
}

iperf_udp() {
	local family
	for family in "-4 10.77.1.5" "-6 fd77::105"; do
		serve iperf "${family#* }" iperf3 -s -1
		await_listener iperf 5201 || return 1
		on client iperf3 ${family% *} -u -c ${family#* } -b 50M -t 1 -J >"$work/iperf.out" 2>&1 || { cat "$work/iperf.out"; return 1; }
		python3 - "$work/iperf.out" <<-'CHECK' || return 1
			import json, sys
			end = json.load(open(sys.argv[1]))["end"]["sum"]
			assert end["packets"] >= 1000 and end["lost_percent"] < 50, end
		CHECK
		end_servers
	done
}

socat_udp() {
	serve echo 10.77.1.6 socat UDP-RECVFROM:7,fork PIPE
	await_bound echo 7 || return 1
	[ "$(echo hello | on client socat -t 2 - UDP:10.77.1.6:7)" = hello ] || return 1
	[ "$(echo again | on client socat -t 2 - UDP-SENDTO:10.77.1.6:7)" = again ]
}

# socat's kinds of address, each answering with what it is told, over both families: streams, datagrams, raw packets.
socat_kinds() {
	cat >"$work/echoes.sh" <<-'ECHOES'
		trap 'kill $(jobs -p)' TERM
		for v in 4 6; do
			socat TCP$v-LISTEN:$((700 + v)) PIPE &
			socat -T 2 UDP$v-LISTEN:$((710 + v)) PIPE &
			socat UDP$v-RECVFROM:$((720 + v)) PIPE &
			socat IP$v-RECVFROM:$((240 + v)) PIPE &
		done
		wait
	ECHOES
	serve echo 10.77.1.16 bash "$work/echoes.sh"
	await_listener echo 704 && await_listener echo 706 && await_bound echo 724 && await_bound echo 726 || return 1
	local v address to
	for v in 4 6; do
		[ $v = 4 ] && address=10.77.1.16 || address='[fd77::110]'
		for to in TCP$v:$address:70$v UDP$v:$address:71$v UDP$v-SENDTO:$address:72$v IP$v-SENDTO:$address:24$v; do
			[ "$(echo "to $to" | on client socat -t 2 - "$to")" = "to $to" ] || { echo "$to"; return 1; }
		done
	done
}

# Two servers, one client: unicast of the largest size, and a broadcast that both answer.
python_datagrams() {
	cat >"$work/answer.py" <<-'PYTHON'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5000))
		while True:
		    data, sender = s.recvfrom(70000)
		    s.sendto(b"%s heard %d" % (sys.argv[1].encode(), len(data)), sender)
	PYTHON
	cat >"$work/query.py" <<-'PYTHON'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(10)
		s.sendto(bytes(65507), ("10.77.1.7", 5000))
		assert s.recvfrom(100) == (b"one heard 65507", ("10.77.1.7", 5000))
		try:
		    s.sendto(b"", ("10.77.255.255", 5000))
		    assert False
		except PermissionError:
		    pass
		s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
		s.sendto(b"", ("10.77.255.255", 5000))
		heard = sorted(s.recvfrom(100) for _ in range(2))
		assert heard == [(b"one heard 0", ("10.77.1.7", 5000)), (b"two heard 0", ("10.77.1.8", 5000))], heard
		s.connect(("10.77.1.8", 5001))
		s.send(b"to nobody")
		try:
		    s.recvfrom(100)
		    assert False
		except ConnectionRefusedError:
		    pass
	PYTHON
	serve one 10.77.1.7 python3 "$work/answer.py" one
	serve two 10.77.1.8 python3 "$work/answer.py" two
	await_bound one 5000 && await_bound two 5000 && on client python3 "$work/query.py"
}

names() {
	printf 'hello\n' >"$work/named"
	serve named 10.77.1.9 python3 -m http.server --bind :: --directory "$work" 8000
	await_listener named 8000 || return 1
	[ "$(on client getent ahostsv4 named | tr -s ' ' | head -n 1)" = "10.77.1.9 STREAM named" ] || return 1
	[ "$(on client getent ahostsv6 named | tr -s ' ' | head -n 1)" = "fd77::109 STREAM named" ] || return 1
	[ "$(on client getent hosts 10.77.1.9 | tr -s ' ')" = "10.77.1.9 named" ] || return 1
	[ "$(on client getent hosts fd77::109 | tr -s ' ')" = "fd77::109 named" ] || return 1
	local family
	for family in "" -4 -6; do
		[ "$(on client curl -sS $family --max-time 10 http://named:8000/named)" = hello ] || return 1
	done
	! on client getent hosts nobody
}

# By a ping socket and by a raw one; in one piece and in fragments; and an address that nobody has.
pings() {
	local size _
	cat >"$work/raw.py" <<-'PYTHON'
		import socket, struct
		s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
		s.settimeout(10)
		s.sendto(struct.pack("!BBHHH", 8, 0, 0xf7fd, 1, 1), ("10.77.1.10", 0))
		packet, sender = s.recvfrom(2000)
		assert packet[9] == 1 and packet[20:22] == b"\0\0" and sender == ("10.77.1.10", 0), packet
	PYTHON
	serve pinged 10.77.1.10 sleep 30
	for _ in $(seq 200); do
		! "$berth" ps --lan "$lan" 2>/dev/null | grep -q 10.77.1.10 || break
		sleep 0.05
	done
	local address
	for address in 10.77.1.10 fd77::10a; do
		for size in 56 3000 65507; do
			on client ping -n -c 2 -i 0.2 -W 5 -s $size $address >"$work/ping.out" 2>&1 &&
				grep -q ' 0% packet loss' "$work/ping.out" || { cat "$work/ping.out"; return 1; }
		done
		on client traceroute -n $address | grep -q "^ 1  $address " || return 1
	done
	! on client ping -n -c 1 -W 8 10.77.1.199 >"$work/ping.out" 2>&1 || return 1
	grep -q 'Destination Host Unreachable' "$work/ping.out" || { cat "$work/ping.out"; return 1; }
	on client python3 "$work/raw.py"
}

await_joined() { # HOST GROUP
	local _
	for _ in $(seq 200); do
		"$berth" ss --groups --lan "$lan" 2>/dev/null | grep -q "^$1 .* $2 " && return 0
		sleep 0.05
	done
	echo "nobody on $1 joined $2"
	cat "$work/$1.log"
	return 1
}

socat_group() {
	local member='UDP4-RECVFROM:7001,ip-add-membership=239.7.7.7:0.0.0.0,fork'
	serve echo 10.77.1.9 socat "$member" PIPE
	await_joined echo 239.7.7.7 || return 1
	[ "$(echo hello | on client socat -t 2 - UDP4-DATAGRAM:239.7.7.7:7001)" = hello ]
}

# Every member of the group answers its sender; one that wants another source does not.
python_groups() {
	cat >"$work/member.py" <<-'PYTHON'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("", 5002))
		group, any = socket.inet_aton("232.7.7.7"), socket.inet_aton("0.0.0.0")
		add_source_membership = 39
		if sys.argv[2:]:
		    s.setsockopt(socket.IPPROTO_IP, add_source_membership, group + any + socket.inet_aton(sys.argv[2]))
		else:
		    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + any)
		while True:
		    data, sender = s.recvfrom(70000)
		    s.sendto(b"%s heard %s" % (sys.argv[1].encode(), data), sender)
	PYTHON
	cat >"$work/sender.py" <<-'PYTHON'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(10)
		for text in b"first", b"second":
		    s.sendto(text, ("232.7.7.7", 5002))
		    heard = sorted(s.recvfrom(100)[0] for _ in range(2))
		    assert heard == [b"any heard " + text, b"this heard " + text], heard
	PYTHON
	serve any 10.77.1.10 python3 "$work/member.py" any
	serve this 10.77.1.11 python3 "$work/member.py" this 10.77.1.13
	serve other 10.77.1.12 python3 "$work/member.py" other 10.77.1.14
	await_joined any 232.7.7.7 && await_joined this 232.7.7.7 && await_joined other 232.7.7.7 &&
		timeout 60 "$berth" run --lan "$lan" --name sender --ip 10.77.1.13 -- python3 "$work/sender.py"
}

# What a guest is told of its own network is what Berth says of the host, and every tool is told the same.
asking_tools() {
	cat >"$work/ask.sh" <<-'ASK'
		ip -j addr >"$1/addr" && ip -j -s link >"$1/link" && ip -j route >"$1/route" && ip -j rule >"$1/rule" || exit 1
		ip route get 10.77.3.3 | grep -q 'dev eth0 src 10.77.1.15' || exit 2
		ip neigh >/dev/null && ip -6 addr | grep -q 'inet6 ::1/128' && ip -6 route >/dev/null || exit 3
		! ip link set eth0 down 2>/dev/null || exit 4
		ss -tlnp | grep -q '0.0.0.0:8000.*python3' && ss -tan | grep -q LISTEN && ss -uan && ss -xa >/dev/null || exit 5
		ifconfig eth0 | grep -q 'inet 10.77.1.15 ' && netstat -tln | grep -q ':8000 .*LISTEN' && arp -n || exit 6
		[ "$(hostname)" = asked ] && [ "$(uname -n)" = asked ] || exit 7
		[ "$(getent hosts asked | tr -s ' ' | cut -d ' ' -f 2)" = asked ] && getent ahosts asked >/dev/null || exit 8
		ss -tln 'sport = :8000' | grep -q LISTEN && ! ss -tln 'sport = :8001' | grep LISTEN || exit 11
		ip -o monitor neigh >"$1/monitor" 2>&1 & monitor=$!
		for _ in $(seq 20); do
			! grep -q '^10.77.3.3 dev eth0' "$1/monitor" || break
			ping -c 1 -W 1 10.77.3.3 >/dev/null 2>&1
		done
		kill $monitor
		grep -q '^10.77.3.3 dev eth0' "$1/monitor" || exit 12
		if [ -x "$1/asking-go" ]; then "$1/asking-go" >"$1/go" || exit 9; fi
		python3 -c 'import socket; assert [n for _, n in socket.if_nameindex()] == ["lo", "eth0"]' || exit 10
		trap 'kill $server' TERM # else the host lives on with it
		touch "$1/asked"
		wait
	ASK
	cat >"$work/check.py" <<-'PYTHON'
		import json, sys
		work, hosts = sys.argv[1], json.load(sys.stdin)
		host, = [h for h in hosts if h["name"] == "asked"]
		lo, eth0 = json.load(open(work + "/addr"))
		assert eth0["address"] == host["mac"] and eth0["mtu"] == 1500, eth0
		v4, = [a for a in eth0["addr_info"] if a["family"] == "inet"]
		assert v4["local"] == host["ip"] and v4["prefixlen"] == 16 and v4["broadcast"] == "10.77.255.255", v4
		assert [a["local"] for a in lo["addr_info"] if a["family"] == "inet"] == ["127.0.0.1"], lo
		route, = json.load(open(work + "/route"))
		assert route["dst"] == "10.77.0.0/16" and route["dev"] == "eth0" and route["prefsrc"] == host["ip"], route
		assert [r["table"] for r in json.load(open(work + "/rule"))] == ["local", "main", "default"]
	PYTHON
	rm -f "$work"/asked
	[ ! -x "$asking_go" ] || cp "$asking_go" "$work/asking-go"
	serve asked 10.77.1.15 sh -c "python3 -m http.server --bind 0.0.0.0 --directory '$work' 8000 & server=\$!
		until ss -tln | grep -q :8000; do sleep 0.05; done; . '$work/ask.sh'" sh "$work"
	await_file asked || return 1
	"$berth" ps --json --lan "$lan" | python3 "$work/check.py" "$work" || return 1
	[ ! -x "$asking_go" ] || grep -q '^eth0 .*10.77.1.15/16' "$work/go"
}

await_file() { # NAME: which is the host's as well; ten seconds at most
	local _
	for _ in $(seq 200); do
		[ ! -e "$work/$1" ] || return 0
		sleep 0.05
	done
	cat "$work/$1.log"
	return 1
}

# By DNS itself, over UDP and over TCP, from the server that /etc/resolv.conf names and from any other.
asking_names() {
	serve named 10.77.1.16 sleep 30
	cat >"$work/dig.sh" <<-'DIG'
		[ "$(dig +short named A)" = 10.77.1.16 ] && [ "$(dig +tcp +short named A)" = 10.77.1.16 ] || exit 1
		[ "$(dig +tcp +short @192.0.2.1 named A)" = 10.77.1.16 ] && [ "$(dig +tcp +short -x 10.77.1.16)" = named. ] || exit 2
		host named | grep -q 'has address 10.77.1.16' && host -T named >/dev/null || exit 3
		! host nobody >/dev/null && ! host -T nobody >/dev/null
	DIG
	for _ in $(seq 200); do
		! "$berth" ps --lan "$lan" 2>/dev/null | grep -q 10.77.1.16 || break
		sleep 0.05
	done
	on client sh "$work/dig.sh"
}

# On one host tcpdump, and when it listens the other command.
capture() { # FILE "TCPDUMP'S ARGUMENTS" COMMAND...
	on near sh -c '
		file=$1 arguments=$2
		shift 2
		tcpdump -U -n -w "$file" $arguments 2>"$file.said" &
		for _ in $(seq 200); do
			grep -q listening "$file.said" && break
			sleep 0.05
		done
		"$@" >/dev/null 2>&1
		wait $!' sh "$@"
}

fields() { # FILE FIELD: what tshark finds there, in one line
	tshark -r "$1" -T fields -e "$2" 2>/dev/null | tr '\n' ' '
}

# What a host's tcpdump writes tshark reads: an echo and its answer, wherever it looks.
tcpdump_and_ping() {
	local interface
	serve far 10.77.1.20 sleep 60
	for interface in any eth0; do
		capture "$work/$interface" "-c 2 -i $interface icmp" ping -c 1 10.77.1.20 || return 1
		[ "$(fields "$work/$interface" icmp.type)" = "8 0 " ] || return 1
	done
	capture "$work/lo" "-c 1 -i lo udp port 7" sh -c 'ping -c 1 127.0.0.1; echo hello | socat - udp4:127.0.0.1:7' || return 1
	[ "$(fields "$work/lo" udp.dstport)" = "7 " ]
}

# Programs that make their own frames and packets, and catch the answers with libpcap.
hping3_and_arping() {
	serve far 10.77.1.20 python3 -m http.server 8000
	await_listener far 8000 || return 1
	on near hping3 -S -c 1 -p 8000 10.77.1.20 2>&1 | grep 'flags=SA' || return 1
	on near hping3 -S -c 1 -p 8001 10.77.1.20 2>&1 | grep 'flags=RA' || return 1
	on near arping -i eth0 -c 2 10.77.1.20 | grep 'index=1'
}

# nmap believes it needs root, and is told otherwise.
nmap_scans() {
	serve far 10.77.1.20 python3 -m http.server 8000
	await_listener far 8000 || return 1
	on near nmap --privileged -sS -Pn -n -p 7999-8001 10.77.1.20 >"$work/stealthy" || return 1
	grep -q '^8000/tcp open ' "$work/stealthy" && grep -q '^8001/tcp closed ' "$work/stealthy" || return 1
	on near nmap --privileged -sU -Pn -n -p 9 10.77.1.20 | grep '^9/udp closed '
}

scapy_frames() {
	serve far 10.77.1.20 sleep 60
	cat >"$work/frames.py" <<-'PYTHON'
		import logging, sys
		logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
		from scapy.all import *
		to = "10.77.1.20"
		far = srp1(Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst=to), iface="eth0", timeout=20, verbose=0)
		assert far.psrc == to, far
		begun = threading.Event()
		sniffer = AsyncSniffer(iface="eth0", filter="icmp", count=2, timeout=20, started_callback=begun.set)
		sniffer.start()
		begun.wait(20)
		sendp(Ether(dst=far.hwsrc) / IP(dst=to) / ICMP() / b"hello", iface="eth0", verbose=0)
		sniffer.join(25)
		assert [p[ICMP].type for p in sniffer.results] == [8, 0], sniffer.results
	PYTHON
	on near python3 "$work/frames.py"
}

try() { # PAIR COUNT
	local pair=$1 count=$2 passed=0 round
	for round in $(seq "$count"); do
		if $pair >"$work/said" 2>&1; then passed=$((passed + 1)); else echo "# $pair, time $round:"; cat "$work/said"; fi
		end_servers
	done
	if [ "$passed" = "$count" ]; then
		echo "ok $pair ($count times)"
	else
		echo "not ok $pair ($passed of $count)"
		failures=$((failures + 1))
	fi
}

for pair in curl_and_http_server wrk_and_nginx redis iperf; do
	try "$pair" "$count"
done
for pair in asking_tools asking_names iperf_udp socat_udp socat_kinds python_datagrams names pings socat_group python_groups \
	tcpdump_and_ping hping3_and_arping nmap_scans scapy_frames; do
	try "$pair" $(((count + 3) / 4))
done
exit $((failures > 0))
