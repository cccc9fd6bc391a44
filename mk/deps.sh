#!/bin/bash
# deps: installs the Debian packages that the purposes named need, and only those that are missing.
#
#   mk/deps.sh build|demo|test...        Debian 12; as root, or as a user who may sudo.
#
# Nothing is started: some of these packages would run a server once installed (nginx, redis, iperf3), so policy-rc.d,
# Debian's own way to say no, forbids it while they are installed.
set -euo pipefail

declare -A packages=(
	[build]="gcc libc6-dev make binutils pkgconf libseccomp-dev libjansson-dev libldns-dev"
	[demo]="python3 curl tshark"
	[test]="libcmocka-dev g++ clang clang-format libclang-rt-14-dev groff-base
		nginx-light wrk redis-server redis-tools iperf3 socat stress-ng iputils-ping iproute2 net-tools
		bind9-dnsutils bind9-host musl-tools tcpdump hping3 arping nmap python3-scapy traceroute"
)

is_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

missing=()
for purpose in "${@:-build}"; do
	for package in ${packages[$purpose]}; do
		[[ -x /usr/bin/dpkg-query ]] && is_installed "$package" || missing+=("$package")
	done
done
((${#missing[@]})) || exit 0

if ! command -v apt-get >/dev/null; then
	echo "deps: no apt-get here; going on as if these were installed: ${missing[*]}" >&2
	exit 0
fi

as_root=()
if ((EUID != 0)); then
	if ! command -v sudo >/dev/null; then
		echo "deps: install these as root, or install sudo: ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
[[ ! -e $policy ]] && ours=1 || ours=0
finish() {
	rm -f "$log"
	((ours == 0)) || "${as_root[@]}" rm -f "$policy"
}
trap finish EXIT
if ((ours)); then
	printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
fi

install() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=120 "${missing[@]}"
}

echo "deps: installing ${missing[*]}"
# The list of packages may be absent or old: then, and only then, it is fetched.
if ! install >"$log" 2>&1 && ! { "${as_root[@]}" apt-get update -q && install; } >>"$log" 2>&1; then
	cat "$log" >&2
	echo "deps: apt-get could not install: ${missing[*]}" >&2
	exit 1
fi
