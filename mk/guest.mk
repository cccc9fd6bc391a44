# Guests without a dynamic linker: nothing of ours could be loaded into them. (The sanitizers cannot be linked so.)
STATIC_GUESTS := $(if $(SAN),,$(addprefix $B/test/guest/,$(addsuffix -static,transfer lengths threads signals)))

tests: $(STATIC_GUESTS)
$(STATIC_GUESTS): $B/test/guest/%-static: test/guest/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -static $< $(LDFLAGS_ALL) -lpthread -o $@

# Go calls the kernel by itself, with signals of its own in between. Where there is no Go the test is left out.
ifneq ($(shell command -v go),)
tests: $B/test/guest/web-go
$B/test/guest/web-go: test/guest/web.go
	@mkdir -p $(@D)
	$(Q)CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE=$(abspath build/go) go build -o $@ $<
endif
