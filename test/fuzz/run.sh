#!/bin/sh
# run.sh DIRECTORY TARGET SECONDS SEED: one fuzz target for so long, from its seeds (TARGET.seeds here: an input a line, in
# hexadecimal, # begins a comment) and from what earlier runs found. What crashes it is left in DIRECTORY.
set -eu

directory=$1 target=$2 seconds=$3 seed=$4
corpus=$directory/corpus/$target
log=$directory/$target.log
seeds=$(dirname "$0")/$target.seeds

mkdir -p "$corpus"
if [ -e "$seeds" ]; then
	CORPUS=$corpus perl -ne 's/#.*//; s/\s//g; next unless length;
		open my $file, ">", sprintf("%s/seed-%03d", $ENV{CORPUS}, $.) or die;
		print $file pack("H*", $_)' "$seeds"
fi

if "$directory/$target" -seed="$seed" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
	-artifact_prefix="$directory/$target-" "$corpus" >"$log" 2>&1; then
	tail -n 1 "$log" | sed "s/^/$target: /"
else
	grep -v "^#[0-9]" "$log" | tail -n 40
	echo "$target: failed; the input that did it is named above, the whole log is $log" >&2
	exit 1
fi
