# Questions put to the machine's own sockets and to libberth: test/conformance/ask_linux/.

ASK_LINUX := $B/test/conformance/ask-linux

$(ASK_LINUX): $(call object,$(wildcard test/conformance/ask_linux/*.c)) $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -o $@

.PHONY: check-ask-linux
check-ask-linux: $(ASK_LINUX)
	$(ASK_LINUX)

# Scripts of segments, as packetdrill's users write them: test/conformance/player/.
SCRIPT := $B/test/conformance/script
# What reads a script, and needs nothing of libberth's.
SCRIPT_PARSER := $(addprefix test/conformance/player/,arena.c evaluate.c expression.c icmp_names.c lexer.c \
	options_parser.c outcome.c packet_parser.c parser.c)

$(SCRIPT): $(call object,$(wildcard test/conformance/player/*.c)) $(LIB)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ -lpthread -lm -o $@
$B/test/unit/test_player_parser: $(call object,$(SCRIPT_PARSER))

.PHONY: check-scripts
check-scripts: $(SCRIPT)
	test/conformance/scripts.sh $(SCRIPT) library
