# Berth's Makefile (GNU make):
#
#   make              the library and the command: build/gcc/libberth.a, build/gcc/berth
#   make deps         installs the Debian packages that all of this needs, and only what is missing
#   make demo         two hosts, a web server and curl; every packet looked at
#   make check        all tests; ends with one line: N passed, N failed
#   make bench        Berth beside the machine's own kernel
#   make fuzz         the fuzz targets, for long
#   make install      PREFIX=/usr/local, DESTDIR= for packagers; and make uninstall
#   make clean
#
#   CC=clang, SAN=address,undefined, V=1 (show the commands), CFLAGS=, LDFLAGS=
#
# Sources are found by wildcard; what is built lies in build/<compiler>[-san]/, out of the source tree. The files of mk/
# hold the rules of one purpose each, and the scripts.

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
SAN ?=
PREFIX ?= /usr/local
DESTDIR ?=

# V=1 shows the commands.
Q := $(if $(V),,@)
B := build/$(notdir $(CC))$(if $(SAN),-san)

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
OPTIMISE ?= -O2 -g
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE $(WARNINGS) $(OPTIMISE) -fno-common -fno-strict-aliasing -Iinclude -MMD -MP \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer) $(CFLAGS)
LDFLAGS_ALL := $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
# libberth is freestanding in effect: no libc but the four memory functions, no stack protector's hook.
LIB_CFLAGS := -Ilib -fvisibility=hidden $(if $(SAN),,-fno-stack-protector -U_FORTIFY_SOURCE)

LIB_SOURCES := $(wildcard lib/*.c lib/*/*.c)
MACHINE_SOURCES := $(wildcard machine/*/*.c)
COMMAND_SOURCES := $(wildcard command/*.c)
UNIT_SOURCES := $(wildcard test/unit/*.c)
GUEST_SOURCES := $(wildcard test/guest/*.c)
EXAMPLE_SOURCES := $(wildcard example/*.c)
BENCH_SOURCES := $(wildcard bench/*.c)

object = $(patsubst %.c,$B/%.o,$1)
LIB := $B/libberth-inner.a
BERTH := $B/berth
MACHINE_LIBS := -lseccomp -ljansson -lldns -lpthread

.DEFAULT_GOAL := all
.PHONY: help all tests deps demo check install uninstall clean
EXAMPLES := $(patsubst example/%.c,$B/example/%,$(EXAMPLE_SOURCES))
TESTS := $(patsubst %.c,$B/%,$(filter test/unit/test_%,$(UNIT_SOURCES)) $(GUEST_SOURCES))
all: $(BERTH) $B/libberth.a $(EXAMPLES)
tests: all $(TESTS)
help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

$B/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $(LIB_CFLAGS) -c $< -o $@
$B/machine/%.o: machine/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -Imachine -c $< -o $@
$B/command/%.o: command/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -Imachine -Icommand -c $< -o $@
$B/test/%.o: test/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -Ilib -Imachine -Itest -c $< -o $@
$B/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -c $< -o $@

# For our own tests, which look inside.
$(LIB): $(call object,$(LIB_SOURCES))
	@rm -f $@
	$(Q)ar rcs $@ $^

# For everybody else: one object that shows berth_* and nothing more.
$B/libberth.o: $(call object,$(LIB_SOURCES))
	$(Q)ld -r $^ -o $@.all
	$(Q)objcopy --wildcard --keep-global-symbol='berth_*' $@.all $@
	@rm -f $@.all
$B/libberth.a: $B/libberth.o
	@rm -f $@
	$(Q)ar rcs $@ $<

$(BERTH): $(call object,$(COMMAND_SOURCES) $(MACHINE_SOURCES)) $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(MACHINE_LIBS) -o $@

# Unit tests: one program a file.
.SECONDARY: $(patsubst %.c,$B/%.o,$(UNIT_SOURCES))
$B/test/unit/%: $B/test/unit/%.o $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lcmocka -lm -o $@
# Guests and examples: plain POSIX programs that know nothing of Berth, except those named *_berth.
$B/test/guest/%: test/guest/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $< $(LDFLAGS_ALL) -lpthread -o $@
$B/example/%: example/%.c $B/libberth.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $< $(LDFLAGS_ALL) $B/libberth.a -o $@
$B/bench/%: $B/bench/%.o $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -o $@

deps:
	@mk/deps.sh build demo test
demo:
	@mk/deps.sh build demo
	@$(MAKE) --no-print-directory all
	@mk/as-user.sh $B/berth mk/demo.sh -- mk/demo.sh $B
check:
	@mk/deps.sh build demo test
	@mk/check.sh

VERSION := $(shell sed -n 's/^\#define BERTH_VERSION "\(.*\)"/\1/p' include/berth/berth.h)
INSTALLED := bin/berth lib/libberth.a lib/pkgconfig/berth.pc share/man/man1/berth.1 \
	$(wildcard include/berth/*.h)
ROOT := $(DESTDIR)$(PREFIX)

install: $(BERTH) $B/libberth.a
	install -d $(addprefix $(ROOT)/,$(sort $(dir $(INSTALLED))))
	install -m 755 $(BERTH) $(ROOT)/bin
	install -m 644 $B/libberth.a $(ROOT)/lib
	install -m 644 include/berth/*.h $(ROOT)/include/berth
	install -m 644 doc/berth.1 $(ROOT)/share/man/man1
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' mk/berth.pc.in >$(ROOT)/lib/pkgconfig/berth.pc
uninstall:
	rm -f $(addprefix $(ROOT)/,$(INSTALLED))
	rmdir --ignore-fail-on-non-empty $(ROOT)/include/berth

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
include mk/*.mk

# Programs of tests that mk/*.mk name.
tests: $(SIMULATE) $(ASK_LINUX) $(SCRIPT)
