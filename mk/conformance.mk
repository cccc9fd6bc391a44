# Questions put to the machine's own sockets and to libberth: test/conformance/ask_linux/.

ASK_LINUX := $B/test/conformance/ask-linux

$(ASK_LINUX): $(call object,$(wildcard test/conformance/ask_linux/*.c)) $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -o $@

.PHONY: check-ask-linux
check-ask-linux: $(ASK_LINUX)
	$(ASK_LINUX)

# Scripts of segments, as packetdrill's users write them: test/conformance/player/.
SCRIPT := $B/test/conformance/script

$(SCRIPT): $(call object,$(wildcard test/conformance/player/*.c)) $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -lm -o $@
