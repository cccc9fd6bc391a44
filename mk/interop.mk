# Programs that speak with the machine's own stack over a link of their own.
INTEROP := $(patsubst test/interop/%.c,$B/test/interop/%,$(wildcard test/interop/*.c))

$(INTEROP): $B/test/interop/%: $B/test/interop/%.o $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -o $@
tests: $(INTEROP)
