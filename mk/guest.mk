# Guests without a dynamic linker: nothing of ours could be loaded into them. (The sanitizers cannot be linked so.)
STATIC_GUESTS := $(if $(SAN),,$(addprefix $B/test/guest/,$(addsuffix -static,transfer lengths threads signals)))

tests: $(STATIC_GUESTS)
$(STATIC_GUESTS): $B/test/guest/%-static: test/guest/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -static $< $(LDFLAGS_ALL) -lpthread -o $@

# And with another libc, where there is one.
ifneq ($(shell command -v musl-gcc),)
tests: $(if $(SAN),,$B/test/guest/listed-musl)
$B/test/guest/listed-musl: test/guest/listed.c
	@mkdir -p $(@D)
	$(Q)musl-gcc -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -static $< -o $@
endif

# Go calls the kernel by itself, with signals of its own in between. Where there is no Go the test is left out.
ifneq ($(shell command -v go),)
tests: $B/test/guest/web-go $B/test/guest/asking-go
$B/test/guest/%-go: test/guest/%.go
	@mkdir -p $(@D)
	$(Q)CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE=$(abspath build/go) go build -o $@ $<
endif
