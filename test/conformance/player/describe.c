#include "conformance/player/describe.h"

#include "wire/tcp.h"

#include <stdarg.h>
#include <stdio.h>

struct writer {
	char *at;
	size_t room;
};

static void say(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct writer *writer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int size = vsnprintf(writer->at, writer->room, format, arguments);
	va_end(arguments);
	size_t used = size < 0 ? 0 : (size_t)size < writer->room ? (size_t)size : writer->room - 1;
	writer->at += used;
	writer->room -= used;
}

static void say_flags(struct writer *writer, uint16_t flags)
{
	static const struct {
		uint16_t flag;
		char letter;
	} letters[] = {
		{ TCP_FIN, 'F' }, { TCP_SYN, 'S' }, { TCP_RST, 'R' },
		{ TCP_PSH, 'P' }, { TCP_ECE, 'E' }, { TCP_CWR, 'W' },
		{ FLAG_AE, 'A' }, { TCP_URG, 'U' }, { TCP_ACK, '.' },
	};

	for (size_t index = 0; index < sizeof letters / sizeof letters[0]; index++) {
		if (flags & letters[index].flag)
			say(writer, "%c", letters[index].letter);
	}
	if (flags == 0)
		say(writer, "-");
}

static void say_digits(struct writer *writer, const uint8_t *at, size_t size)
{
	for (size_t index = 0; index < size; index++)
		say(writer, "%02x", at[index]);
}

static void say_sack(struct writer *writer, const uint8_t *option)
{
	say(writer, "sack");
	for (unsigned at = 2; at + 8 <= option[1]; at += 8)
		say(writer, " %u:%u", get32(option + at), get32(option + at + 4));
}

/* option: kind, length, and what it is long. */
static void say_option(struct writer *writer, const uint8_t *option)
{
	uint8_t size = option[1];

	if (option[0] == 2 && size == 4) {
		say(writer, "mss %u", get16(option + 2));
	} else if (option[0] == 3 && size == 3) {
		say(writer, "wscale %u", option[2]);
	} else if (option[0] == 4 && size == 2) {
		say(writer, "sackOK");
	} else if (option[0] == OPTION_SACK) {
		say_sack(writer, option);
	} else if (option[0] == OPTION_TIMESTAMPS && size == 10) {
		say(writer, "TS val %u ecr %u", get32(option + 2), get32(option + 6));
	} else if (option[0] == 34) {
		say(writer, "FO%s", size > 2 ? " " : "");
		say_digits(writer, option + 2, size - 2u);
	} else {
		say(writer, "kind %u ", option[0]);
		say_digits(writer, option + 2, size - 2u);
	}
}

static void say_options(struct writer *writer, const uint8_t *options, size_t size)
{
	for (size_t at = 0; at < size;) {
		say(writer, "%s", at == 0 ? " <" : ",");
		if (options[at] <= 1) {
			say(writer, options[at] ? "nop" : "eol");
			at++;
			continue;
		}
		if (at + 2 > size || options[at + 1] < 2 || at + options[at + 1] > size) {
			say(writer, "malformed");
			break;
		}
		say_option(writer, options + at);
		at += options[at + 1];
	}
	if (size > 0)
		say(writer, ">");
}

static void say_sequence(struct writer *writer, uint32_t sequence, uint32_t size)
{
	say(writer, " %u:%u(%u)", sequence, sequence + size, size);
}

void describe_spec(const struct packet_spec *spec, char *text, size_t size)
{
	struct writer writer = { text, size };

	if (spec->tos_check == TOS_ECN || spec->tos_check == TOS_WHOLE)
		say(&writer, "[tos 0x%02x%s] ", spec->tos, spec->tos_check == TOS_ECN ? "/3" : "");
	if (spec->ttl)
		say(&writer, "[ttl %d] ", spec->ttl);
	if (spec->protocol == PACKET_UDP) {
		say(&writer, "udp (%u)", spec->size);
		return;
	}
	if (spec->protocol == PACKET_ICMP) {
		say(&writer, "icmp type_%u code_%u", spec->icmp_type, spec->icmp_code);
		return;
	}
	say_flags(&writer, spec->flags);
	say_sequence(&writer, spec->sequence, spec->size);
	if (spec->flags & TCP_ACK)
		say(&writer, " ack %u", spec->acknowledgment);
	if (spec->window >= 0)
		say(&writer, " win %d", spec->window);
	if (spec->urgent)
		say(&writer, " urg %u", spec->urgent);
	if (spec->any_options)
		say(&writer, " <...>");
	say_options(&writer, spec->options, spec->options_size);
}

void describe_packet(const struct packet *packet, char *text, size_t size)
{
	struct writer writer = { text, size };

	if (packet->tos)
		say(&writer, "[tos 0x%02x] ", packet->tos);
	if (packet->protocol == PACKET_UDP) {
		say(&writer, "udp (%u)", packet->size);
		return;
	}
	if (packet->protocol == PACKET_ICMP) {
		say(&writer, "icmp type_%u code_%u", packet->icmp_type, packet->icmp_code);
		return;
	}
	say_flags(&writer, packet->flags);
	say_sequence(&writer, packet->sequence, packet->size);
	if (packet->flags & TCP_ACK)
		say(&writer, " ack %u", packet->acknowledgment);
	say(&writer, " win %u", packet->window);
	if (packet->urgent)
		say(&writer, " urg %u", packet->urgent);
	say_options(&writer, packet->options, packet->options_size);
}
