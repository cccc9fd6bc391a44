# make bench: Berth beside the machine's own kernel, in the same run. QUICK=1 takes fewer and shorter rounds.
.PHONY: bench bench-build

$B/bench/library: $(call object,bench/library.c $(wildcard bench/sides/*.c)) $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -o $@

bench-build: $(patsubst bench/%.c,$B/bench/%,$(BENCH_SOURCES))
