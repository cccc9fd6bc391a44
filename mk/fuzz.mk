# Fuzzing: each test/fuzz/fuzz_*.c is one libFuzzer target, linked with whatever it needs of lib/ and machine/.
# Two run at a time. FUZZ_SECONDS=N for each target of `make fuzz`; FUZZ_SEED=N begins elsewhere.

FUZZ_SECONDS ?= 600
FUZZ_SEED ?= 1
FUZZ_CC := clang
FUZZ_B := build/fuzz
FUZZ_TARGETS := $(patsubst test/fuzz/%.c,$(FUZZ_B)/%,$(wildcard test/fuzz/fuzz_*.c))
FUZZ_CFLAGS := -std=c11 -D_GNU_SOURCE $(WARNINGS) -O1 -g -fno-common -fno-strict-aliasing -Iinclude -MMD -MP \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

fuzz_object = $(patsubst %.c,$(FUZZ_B)/%.o,$1)
FUZZ_LIB := $(FUZZ_B)/lib.a
FUZZ_MACHINE := $(FUZZ_B)/machine.a

$(FUZZ_B)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -Ilib -c $< -o $@
$(FUZZ_B)/machine/%.o: machine/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -Imachine -c $< -o $@
$(FUZZ_B)/test/%.o: test/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -Ilib -Imachine -Itest -c $< -o $@
$(FUZZ_LIB): $(call fuzz_object,$(LIB_SOURCES))
	@rm -f $@
	$(Q)ar rcs $@ $^
$(FUZZ_MACHINE): $(call fuzz_object,$(MACHINE_SOURCES))
	@rm -f $@
	$(Q)ar rcs $@ $^
# As everybody else sees the library: berth_* and nothing more, so that machine/ may have short names of its own.
$(FUZZ_B)/libberth.o: $(call fuzz_object,$(LIB_SOURCES))
	$(Q)ld -r $^ -o $@.all
	$(Q)objcopy --wildcard --keep-global-symbol='berth_*' $@.all $@
	@rm -f $@.all
# Archives: only what a target uses is linked into it.
FUZZ_OF_MACHINE := $(addprefix $(FUZZ_B)/,fuzz_control fuzz_inquiry)
$(FUZZ_OF_MACHINE): $(FUZZ_MACHINE) $(FUZZ_B)/libberth.o
$(filter-out $(FUZZ_OF_MACHINE),$(FUZZ_TARGETS)): $(FUZZ_LIB)
$(FUZZ_B)/fuzz_script: $(call fuzz_object,$(SCRIPT_PARSER))
$(FUZZ_TARGETS): $(FUZZ_B)/%: $(FUZZ_B)/test/fuzz/%.o
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined $^ $(MACHINE_LIBS) -lm -o $@

# The beginning of a corpus is made; what a run finds stays in build/fuzz/corpus/ for the next.
fuzz_run = printf '%s\n' $(notdir $(FUZZ_TARGETS)) | \
	xargs -P 2 -I TARGET sh test/fuzz/run.sh $(FUZZ_B) TARGET $1 $(FUZZ_SEED)

.PHONY: fuzz check-fuzz
fuzz: $(FUZZ_TARGETS)
	$(Q)$(call fuzz_run,$(FUZZ_SECONDS))
check-fuzz: $(FUZZ_TARGETS)
	$(Q)$(call fuzz_run,30)
