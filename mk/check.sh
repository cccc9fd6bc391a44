#!/bin/bash
# check: everything that `make check` asks, step by step, each with its time. Who calls as root builds as root; what is
# built runs as an ordinary user (as-user.sh).
#
# A step whose last line reads "N passed, N failed" counts for so many, one that prints lines of "ok NAME" and
# "not ok NAME" for those, one that exits 77 as skipped, any other for one. The last line of all is the sum.
set -uo pipefail

# As-is, or a variable of the caller's make (CC=clang) would reach every step.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
jobs=$(nproc)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

# Sets good, bad and left_out from the log.
count() {
	local sum='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
	left_out=0
	if [[ $(tail -n 1 "$log") =~ $sum ]]; then
		good=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]} left_out=${BASH_REMATCH[4]:-0}
	else
		good=$(grep -c '^ok ' "$log")
		bad=$(grep -c '^not ok ' "$log")
	fi
	if (($1 == 77)); then # it may not be run here: root is asked for
		left_out=1
	elif (($1 != 0 && bad == 0)); then
		bad=1
	elif ((good + bad == 0)); then
		good=1
	fi
}

step() { # NAME COMMAND...
	local name=$1 start=$EPOCHREALTIME status good bad left_out
	shift
	"$@" >"$log" 2>&1 </dev/null
	status=$?
	count "$status"
	awk -v name="$name" -v good="$good" -v bad="$bad" -v start="$start" -v end="$EPOCHREALTIME" \
		'BEGIN { printf "%-34s %5d passed %3d failed %7.1f s\n", name, good, bad, end - start }'
	if ((bad > 0)); then
		echo "--- $* (status $status)"
		tail -n 80 "$log"
		echo "---"
	fi
	passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left_out))
}

build() {
	make -s -k -j "$jobs" "$@"
}

unit_tests() { # BUILD-DIRECTORY
	local programs=(test/unit/test_*.c)
	programs=("${programs[@]%.c}")
	mk/as-user.sh "$1/test/unit" test/run.sh -- test/run.sh "${programs[@]/#/$1/}"
}

simulate() {
	mk/as-user.sh build/gcc/test/simulation -- build/gcc/test/simulation/simulate "$@"
}

# Two at a time, 20 seconds each. An input that fails comes to lie in build/out/.
fuzz() { # TARGET...
	printf '%s\n' "$@" | mk/as-user.sh build/fuzz test/fuzz -- xargs -P 2 -I TARGET sh -c '
		if sh test/fuzz/run.sh build/fuzz TARGET 20 1; then
			echo "ok TARGET"
		else
			echo "not ok TARGET"
			cp build/fuzz/TARGET-* out/
		fi'
}
fuzz_targets=(test/fuzz/fuzz_*.c)
fuzz_targets=("${fuzz_targets[@]##*/}")
fuzz_targets=("${fuzz_targets[@]%.c}")

san=address,undefined

step "floors" mk/floors.sh
step "format" mk/format.sh
step "public headers alone" mk/headers.sh
step "manual" mk/manual.sh
step "build, gcc" build all tests bench-build
step "build, clang" build CC=clang all tests bench-build
step "build, sanitizers" build SAN=$san all tests
step "build, fuzzing" build "${fuzz_targets[@]/#/build/fuzz/}"
step "purity" mk/purity.sh build/gcc/libberth.o
step "installed" mk/installed.sh
step "unit tests" unit_tests build/gcc
step "unit tests, sanitizers" unit_tests build/gcc-san
step "simulation, 1,000 seeds" simulate --seed 1 --count 1000
step "simulation, the same seed twice" simulate --seed 1 --count 20 --twice
step "simulation of a crowd, 1,000 seeds" simulate --crowd --seed 1 --count 1000
step "simulation of a crowd, twice" simulate --crowd --seed 1 --count 20 --twice
step "simulation, sanitizers" \
	mk/as-user.sh build/gcc-san/test/simulation -- build/gcc-san/test/simulation/simulate --seed 2000 --count 100
step "Linux asked the same questions" \
	mk/as-user.sh build/gcc/test/conformance -- build/gcc/test/conformance/ask-linux
step "scripts on libberth" \
	mk/as-user.sh build/gcc/test/conformance/script test/conformance -- \
	test/conformance/scripts.sh build/gcc/test/conformance/script library
step "scripts on libberth, sanitizers" \
	mk/as-user.sh build/gcc-san/test/conformance/script test/conformance -- \
	test/conformance/scripts.sh build/gcc-san/test/conformance/script library
step "scripts on the machine's own TCP" \
	test/conformance/scripts.sh build/gcc/test/conformance/script kernel
step "Linux's own scripts on libberth" \
	mk/as-user.sh build/gcc/test/conformance/script test/conformance -- \
	test/conformance/scripts.sh build/gcc/test/conformance/script linux
step "the machine's own TCP over a TAP" build/gcc/test/interop/tap
step "the machine's own IPv6 over a TAP" build/gcc/test/interop/tap6
step "the machine's own neighbour discovery" build/gcc/test/interop/neighbours
step "the machine's own bridge snoops" build/gcc/test/interop/bridge
step "fuzzing, 20 s a target" fuzz "${fuzz_targets[@]}"
step "examples" mk/as-user.sh build/gcc/{berth,example} example test/examples.sh -- test/examples.sh build/gcc
step "guests" mk/as-user.sh build/gcc/{berth,test/guest} test/guest -- test/guest/run.sh build/gcc
step "deaths" mk/as-user.sh build/gcc/{berth,test/guest} test/guest -- test/guest/deaths.sh build/gcc
step "real programs" mk/as-user.sh build/gcc/{berth,test/guest} test/guest -- test/guest/real.sh build/gcc/berth 12
step "real programs, sanitizers" \
	mk/as-user.sh build/gcc-san/{berth,test/guest} test/guest -- test/guest/real.sh build/gcc-san/berth 2
step "demo" mk/as-user.sh build/gcc/berth mk/demo.sh -- mk/demo.sh build/gcc

echo "$passed passed, $failed failed$( ((skipped == 0)) || echo ", $skipped skipped")"
((failed == 0))
