# Guests without a dynamic linker: nothing of ours could be loaded into them. (The sanitizers cannot be linked so.)
STATIC_GUESTS := $(if $(SAN),,$(addprefix $B/test/guest/,$(addsuffix -static,transfer lengths threads signals)))

tests: $(STATIC_GUESTS)
$(STATIC_GUESTS): $B/test/guest/%-static: test/guest/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -static $< $(LDFLAGS_ALL) -lpthread -o $@
