# Unit tests of machine/: they see the library only as programs do.
MACHINE_TESTS := $(addprefix $B/test/unit/,test_control test_daemon test_daemon_datagram test_inquiry)

$(MACHINE_TESTS): $B/test/unit/%: $B/test/unit/%.o $(call object,$(MACHINE_SOURCES)) $B/libberth.a
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(MACHINE_LIBS) -lcmocka -o $@
