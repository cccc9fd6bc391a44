# Scenarios in virtual time: test/simulation/. SEEDS=N plays so many, SEED=N begins there.

SEED ?= 1
SEEDS ?= 1000
SIMULATE := $B/test/simulation/simulate

$(SIMULATE): $(call object,$(wildcard test/simulation/*.c)) $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -o $@

.PHONY: check-simulation
check-simulation: $(SIMULATE)
	$(SIMULATE) --seed $(SEED) --count $(SEEDS)
	$(SIMULATE) --seed $(SEED) --count 20 --twice
	$(SIMULATE) --crowd --seed $(SEED) --count $(SEEDS)
	$(SIMULATE) --crowd --seed $(SEED) --count 20 --twice
