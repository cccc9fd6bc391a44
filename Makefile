# Berth's Makefile: GNU make. `make help` lists what it can do.
#
#   make deps | all | demo | check | bench | fuzz | install     CC=clang  SAN=address,undefined  PREFIX=  DESTDIR=
#
# Sources are found by wildcard; object files live in build/<compiler>[-san]/, out of the source tree.

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
MACHINE_LIBS := -lseccomp -ljansson -lpthread

.DEFAULT_GOAL := all
.PHONY: help all clean
all: $(BERTH) $B/libberth.a $(patsubst example/%.c,$B/example/%,$(EXAMPLE_SOURCES))
help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

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
$B/test/unit/%: $B/test/unit/%.o $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lcmocka -o $@
# Guests and examples: plain POSIX programs that know nothing of Berth, except those named *_berth.
$B/test/guest/%: test/guest/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $< $(LDFLAGS_ALL) -lpthread -o $@
$B/example/%: example/%.c $B/libberth.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) $< $(LDFLAGS_ALL) $B/libberth.a -o $@
$B/bench/%: $B/bench/%.o $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -o $@

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
-include mk/*.mk
