#!/bin/bash
# installed: what `make install` leaves can be used: a program builds against it with pkg-config alone and runs; the
# command starts; `make uninstall` leaves no file behind.
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
make -s install DESTDIR="$place" PREFIX=/opt/berth
export PKG_CONFIG_SYSROOT_DIR=$place PKG_CONFIG_PATH=$place/opt/berth/lib/pkgconfig
# The flags are words to be split.
gcc -std=c11 -D_GNU_SOURCE example/two_hosts.c $(pkg-config --cflags --libs berth) -o "$place/two_hosts"
"$place/two_hosts" >/dev/null
"$place/opt/berth/bin/berth" --version >/dev/null
rm "$place/two_hosts"
make -s uninstall DESTDIR="$place" PREFIX=/opt/berth
[[ -z $(find "$place" -type f) ]]
