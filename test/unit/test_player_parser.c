/* The player's parser of scripts: what packetdrill's users write, and what they get wrong. */
#include "unit/check.h"

#include "conformance/player/parser.h"

#include <stdio.h>

struct parsed {
	struct script script;
	struct outcome outcome;
	bool done;
};

static struct parsed parse(const char *text)
{
	struct parsed parsed = { 0 };
	const struct parse_input input = { .at = text, .size = strlen(text) };

	parsed.done = script_parse(&input, &parsed.script, &parsed.outcome);
	return parsed;
}

static void drop(struct parsed *parsed)
{
	arena_free(&parsed->script.arena);
}

/* The only event of a script that reads. */
static const struct event *one(struct parsed *parsed)
{
	assert_string_equal(parsed->outcome.text, "");
	assert_true(parsed->done);
	assert_null(parsed->script.events->next);
	return parsed->script.events;
}

static void times_are_absolute_relative_ranges_or_any(void **state)
{
	static const struct {
		const char *text;
		enum time_kind kind;
		int64_t time, end;
	} rows[] = {
		{ "0 > . 1:1(0) ack 1", TIME_ABSOLUTE, 0, 0 },
		{ "1.5 > . 1:1(0) ack 1", TIME_ABSOLUTE, 1500000000, 0 },
		{ "+.1 > . 1:1(0) ack 1", TIME_RELATIVE, 100000000, 0 },
		{ "+0.000001 > . 1:1(0) ack 1", TIME_RELATIVE, 1000, 0 },
		{ "1~2 > . 1:1(0) ack 1", TIME_ABSOLUTE_RANGE, 1000000000, 2000000000 },
		{ "+.3~+.310 > . 1:1(0) ack 1", TIME_RELATIVE_RANGE, 300000000, 310000000 },
		{ "* > . 1:1(0) ack 1", TIME_ANY, 0, 0 },
	};
	(void)state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct parsed parsed = parse(rows[index].text);
		const struct event *event = one(&parsed);
		CHECK_EQUAL(rows[index].kind, event->time_kind);
		CHECK_EQUAL(rows[index].time, event->time);
		CHECK_EQUAL(rows[index].end, event->time_end);
		drop(&parsed);
	}
}

static void a_segment_has_flags_numbers_and_options_byte_for_byte(void **state)
{
	static const uint8_t options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
					   0, 1, 0, 0,   0, 2, 1, 3,  3, 7 };
	struct parsed parsed = parse("0 < [ect0] SEW. 1:11(10) ack 5 win 7 urg 3 "
				     "<mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7>");
	const struct packet_spec *packet = &one(&parsed)->packet;
	(void)state;

	assert_true(packet->inbound);
	CHECK_EQUAL(0x02 | 0x40 | 0x80 | 0x10, packet->flags);
	CHECK_EQUAL(TOS_ECN, packet->tos_check);
	CHECK_EQUAL(2, packet->tos);
	CHECK_EQUAL(1, packet->sequence);
	CHECK_EQUAL(10, packet->size);
	CHECK_EQUAL(5, packet->acknowledgment);
	CHECK_EQUAL(7, packet->window);
	CHECK_EQUAL(3, packet->urgent);
	CHECK_EQUAL(sizeof options, packet->options_size);
	assert_memory_equal(options, packet->options, sizeof options);
	drop(&parsed);
}

static void options_of_every_kind(void **state)
{
	static const struct {
		const char *text;
		uint8_t bytes[24];
		uint8_t size;
	} rows[] = {
		{ "sack 1:2 3:4,nop,nop",
		  { 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 1, 1 },
		  20 },
		{ "FO abcd1234,nop,nop", { 34, 6, 0xab, 0xcd, 0x12, 0x34, 1, 1 }, 8 },
		{ "FO,nop,nop", { 34, 2, 1, 1 }, 4 },
		{ "FOEXP abcd", { 254, 6, 0xf9, 0x89, 0xab, 0xcd, 1, 1 }, 8 },
		{ "md5 000102030405060708090a0b0c0d0e0f,nop,nop",
		  { 19, 18, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 1 },
		  20 },
		{ "ECN e1b 1 ceb 0 e0b 2,nop", { 174, 11, 0, 0, 1, 0, 0, 0, 0, 0, 2, 1 }, 12 },
		{ "ECN e0b 2 ceb 1,nop,nop,nop,nop", { 172, 8, 0, 0, 2, 0, 0, 1, 1, 1, 1, 1 }, 12 },
		{ "nop,nop,nop,eol", { 1, 1, 1, 0 }, 4 },
	};
	char text[128];
	(void)state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		bool padded = strstr(rows[index].text, "FOEXP") != NULL;
		snprintf(text, sizeof text, "0 > . 1:1(0) ack 1 <%s%s>", rows[index].text,
			 padded ? ",nop,nop" : "");
		struct parsed parsed = parse(text);
		const struct packet_spec *packet = &one(&parsed)->packet;
		CHECK_EQUAL(rows[index].size, packet->options_size);
		assert_memory_equal(rows[index].bytes, packet->options, packet->options_size);
		drop(&parsed);
	}
}

static void a_counter_of_accecn_is_three_flags(void **state)
{
	struct parsed parsed = parse("0 > P.5 1:2(1) ack 1");
	const struct packet_spec *packet = &one(&parsed)->packet;
	(void)state;

	CHECK_EQUAL(5, packet->counter);
	CHECK_EQUAL(0x08 | 0x10 | 0x40 | FLAG_AE, packet->flags);
	drop(&parsed);
}

static void a_call_has_arguments_a_result_and_an_errno(void **state)
{
	struct parsed parsed = parse(
		"+0...0.200 connect(3, {sa_family = AF_INET, sin_port = htons(8080), "
		"sin_addr = inet_addr(\"192.0.2.1\")}, 16) = -1 ECONNREFUSED (Connection refused)");
	const struct call *call = &one(&parsed)->call;
	(void)state;

	assert_string_equal(call->name, "connect");
	assert_true(call->blocks);
	CHECK_EQUAL(200000000, call->end);
	CHECK_EQUAL(-1, call->result->number);
	assert_string_equal(call->error, "ECONNREFUSED");
	const struct expression *address = call->arguments->next;
	CHECK_EQUAL(EXPRESSION_RECORD, address->kind);
	CHECK_EQUAL(3, address->size);
	assert_string_equal(address->first->field, "sa_family");
	assert_string_equal(address->first->text, "AF_INET");
	CHECK_EQUAL(EXPRESSION_APPLY, address->first->next->kind);
	CHECK_EQUAL(8080, address->first->next->first->number);
	drop(&parsed);
}

static void a_message_says_how_many_pieces(void **state)
{
	struct parsed parsed = parse("0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 10}], "
				     "msg_flags=MSG_TRUNC|MSG_CTRUNC, msg_control=[]}, 0) = 10");
	const struct expression *record = one(&parsed)->call.arguments->next;
	(void)state;

	assert_string_equal(record->first->field, "msg_name");
	CHECK_EQUAL(EXPRESSION_ANY, record->first->kind);
	const struct expression *pieces = record->first->next;
	assert_string_equal(pieces->field, "msg_iov");
	CHECK_EQUAL(1, pieces->counted->number);
	CHECK_EQUAL(10, pieces->first->first->next->number);
	CHECK_EQUAL(EXPRESSION_EITHER, pieces->next->kind);
	drop(&parsed);
}

static void icmp_quotes_what_it_is_about(void **state)
{
	struct parsed parsed = parse("0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]");
	const struct packet_spec *packet = &one(&parsed)->packet;
	(void)state;

	CHECK_EQUAL(PACKET_ICMP, packet->protocol);
	CHECK_EQUAL(3, packet->icmp_type);
	CHECK_EQUAL(4, packet->icmp_code);
	CHECK_EQUAL(1200, packet->mtu);
	CHECK_EQUAL(1, packet->sequence);
	CHECK_EQUAL(1460, packet->size);
	drop(&parsed);
}

static void commands_stand_in_front_between_and_behind(void **state)
{
	struct parsed parsed = parse("--tolerance_usecs=14000\n--define=X=\"text\"\n// a comment\n"
				     "`./defaults.sh`\n0 `sysctl -q a=1`\n/* and\n another */\n"
				     "+0 %{ assert x == 1 }%\n+0 write(3, X, 4) = 4\n`restore`\n");
	const struct script *script = &parsed.script;
	(void)state;

	assert_true(parsed.done);
	assert_string_equal(script->options->name, "tolerance_usecs");
	assert_string_equal(script->options->value, "14000");
	assert_string_equal(script->first_command, "./defaults.sh");
	assert_string_equal(script->events->text, "sysctl -q a=1");
	CHECK_EQUAL(EVENT_CODE, script->events->next->kind);
	CHECK_EQUAL(8, script->events->next->line);
	const struct expression *text = script->events->next->next->call.arguments->next;
	CHECK_EQUAL(EXPRESSION_TEXT, text->kind);
	assert_string_equal(text->text, "text");
	assert_string_equal(script->last_command, "restore");
	drop(&parsed);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *says;
		int line;
	} rows[] = {
		{ "0 < . 1:5(10) ack 1", "1 and 10 bytes do not make 5", 1 },
		{ "\n0 < . 1:1(0) ack 1 <mss 1460,nop>",
		  "the options are 5 bytes, no multiple of 4: nops are missing", 2 },
		{ "0 < . 1:1(0) ack 1 <...>", "an inbound packet's options are to be told", 1 },
		{ "* < . 1:1(0) ack 1", "only outbound packets may come at any time or in a range",
		  1 },
		{ "0 write(3, ..., 4)", "expected \"=\", not the end", 1 },
		{ "0 write(3, \"abc", "expected a value, not \"abc\"", 1 },
		{ "2~1 > . 1:1(0) ack 1", "the range of time is backwards", 1 },
		{ "9999999999.0 > . 1:1(0) ack 1", "expected a time, not \"9999999999.0\"", 1 },
		{ "", "there is no event in it", 0 },
		{ "0 < Q 1:1(0)", "expected flags of F S R P . U E W A, not \"Q\"", 1 },
	};
	(void)state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct parsed parsed = parse(rows[index].text);
		assert_false(parsed.done);
		CHECK_EQUAL(FAILED, parsed.outcome.kind);
		assert_string_equal(parsed.outcome.text, rows[index].says);
		CHECK_EQUAL(rows[index].line, parsed.outcome.line);
		drop(&parsed);
	}
}

static void what_is_not_here_is_a_need(void **state)
{
	static const struct {
		const char *text, *needs;
	} rows[] = {
		{ "0 < sctp: INIT[flgs=0]", "packets of sctp" },
		{ "0 < ipv4 1.1.1.1 > 2.2.2.2: . 1:1(0) ack 1", "packets of ipv4" },
		{ "0 < . 1:1(0) ack 1 <mp_capable>", "the TCP option mp_capable" },
	};
	(void)state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct parsed parsed = parse(rows[index].text);
		assert_false(parsed.done);
		CHECK_EQUAL(SKIPPED, parsed.outcome.kind);
		assert_string_equal(parsed.outcome.text, rows[index].needs);
		drop(&parsed);
	}
}

static const char whole[] =
	"--tolerance_usecs=4000\n`./defaults.sh`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
	"+0...0.2 poll([{fd=3, events=POLLIN|POLLOUT, revents=0}], 1, 0) = -1 EINVAL (no)\n"
	"+.1~+.2 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 1 ecr 2,nop,wscale 7>\n"
	"* > [ect01] P.7 1:2(1) ack 1 <...>\n0 < icmp unreachable [S 0:0(0)]\n"
	"+0 < udp (10)\n+0 %{ assert a }%\n`end`\n";

static void every_truncation_ends(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof whole; size++) {
		char *text = malloc(size + 1); /* so that a sanitizer sees what is read behind it */
		struct parsed parsed = { 0 };
		assert_non_null(text);
		memcpy(text, whole, size);
		const struct parse_input input = { .at = text, .size = size };
		parsed.done = script_parse(&input, &parsed.script, &parsed.outcome);
		assert_true(parsed.done == (parsed.outcome.kind == PASSED));
		drop(&parsed);
		free(text);
	}
}

static void every_flipped_bit_ends(void **state)
{
	char text[sizeof whole];
	(void)state;

	for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit++) {
		memcpy(text, whole, sizeof whole);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		struct parsed parsed = { 0 };
		const struct parse_input input = { .at = text, .size = sizeof whole - 1 };
		parsed.done = script_parse(&input, &parsed.script, &parsed.outcome);
		assert_true(parsed.done == (parsed.outcome.kind == PASSED));
		drop(&parsed);
	}
}

static void brackets_in_brackets_have_an_end(void **state)
{
	static char deep[100000];
	(void)state;

	memset(deep, '[', sizeof deep - 1);
	memcpy(deep, "0 write(", 8);
	struct parsed parsed = parse(deep);
	assert_false(parsed.done);
	drop(&parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_absolute_relative_ranges_or_any),
		cmocka_unit_test(a_segment_has_flags_numbers_and_options_byte_for_byte),
		cmocka_unit_test(options_of_every_kind),
		cmocka_unit_test(a_counter_of_accecn_is_three_flags),
		cmocka_unit_test(a_call_has_arguments_a_result_and_an_errno),
		cmocka_unit_test(a_message_says_how_many_pieces),
		cmocka_unit_test(icmp_quotes_what_it_is_about),
		cmocka_unit_test(commands_stand_in_front_between_and_behind),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(what_is_not_here_is_a_need),
		cmocka_unit_test(every_truncation_ends),
		cmocka_unit_test(every_flipped_bit_ends),
		cmocka_unit_test(brackets_in_brackets_have_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
