# make bench: Berth beside the machine's own kernel, in the same run. QUICK=1 takes fewer and shorter rounds.
.PHONY: bench bench-build

BENCH_GUESTS := $(patsubst bench/%.c,$B/bench/%,$(wildcard bench/guest_*.c))

$B/bench/library: $(call object,bench/library.c $(wildcard bench/sides/*.c)) $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -o $@
$B/bench/datagrams: $(call object,bench/datagrams.c bench/sides/sample.c) $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -o $@
# Guests know nothing of Berth.
$(BENCH_GUESTS): $B/bench/%: $B/bench/%.o $(call object,bench/posix/stream.c bench/sides/sample.c)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -o $@

# lwIP is compared with where Debian's liblwip-dev is installed.
ifneq ($(wildcard /usr/include/lwip/lwipopts.h),)
$B/bench/lwip.o: CFLAGS_ALL += -isystem /usr/include/lwip
$B/bench/lwip: $(call object,bench/lwip.c bench/sides/sample.c)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -llwip -o $@
bench-build: $B/bench/lwip
endif

bench-build: $B/bench/library $B/bench/datagrams $(BENCH_GUESTS)
bench: bench-build $(BERTH)
	$(Q)QUICK=$(QUICK) bench/run.sh $B
