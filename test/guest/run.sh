#!/bin/bash
# Runs each program of this directory on the machine's own TCP and on Berth's, and compares what they print. Those with an
# .expected file run on Berth only. Usage: run.sh BUILD-DIRECTORY [NAME...]; prints ok or not ok a name, and exits 1 if any
# is not. web-go and listed-musl are left out where nothing could build them. As root it runs everything as nobody: Berth is for ordinary users.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift

work=$(mktemp -d /tmp/berth-guest.XXXXXX)
lan=guest-$$
user=()
if [ "$(id -u)" = 0 ]; then
	user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
mkdir "$work/bin" "$work/run"
chmod 755 "$work"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$work/run"
cp "$build/berth" "$work/bin/berth" # the build directory may be closed to that user
as_user() { "${user[@]}" env XDG_RUNTIME_DIR="$work/run" HOME="$work" "$@"; }
finish() {
	as_user timeout 20 "$work/bin/berth" down --lan "$lan" >/dev/null 2>&1
	rm -rf "$work"
}
trap finish EXIT

passed=0 failed=0 skipped=0
verdict() { # name, file of what was to be seen, file of what was
	if cmp -s "$2" "$3"; then
		echo "ok $1"
		passed=$((passed + 1))
	else
		echo "not ok $1"
		diff -u --label expected --label berth "$2" "$3" | sed 's/^/    /'
		failed=$((failed + 1))
	fi
}

run() { # name
	local program="$work/$1"
	cp "$build/test/guest/$1" "$program"
	chmod 755 "$program"
	if [ -f "$here/$1.expected" ]; then
		cp "$here/$1.expected" "$work/expected"
	else
		(cd "$work" && as_user timeout 60 "$program") >"$work/expected" 2>&1
		echo "status $?" >>"$work/expected"
	fi
	(cd "$work" && as_user timeout -k 5 60 "$work/bin/berth" run --lan "$lan" -- "$program") \
		>"$work/seen" 2>&1
	local status=$?
	[ -f "$here/$1.expected" ] && [ $status = 0 ] || echo "status $status" >>"$work/seen"
	verdict "$1" "$work/expected" "$work/seen"
}

if [ $# = 0 ]; then
	for source in "$here"/*.c; do set -- "$@" "$(basename "$source" .c)"; done
	for program in "$build"/test/guest/*-static "$build/test/guest/"{listed-musl,web-go}; do
		if [ -x "$program" ]; then set -- "$@" "$(basename "$program")"; else skipped=$((skipped + 1)); fi
	done
fi
for name in "$@"; do run "$name"; done
echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ $failed = 0 ]
