#include "observe/line_part.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static void add_port_ends(struct text *text, const struct line_ends *ends, const uint8_t *ports)
{
	text_add(text, address_is_v4(&ends->source) ? "IP " : "IP6 ");
	line_add_address_port(text, &ends->source, get16(ports));
	text_add(text, " > ");
	line_add_address_port(text, &ends->destination, get16(ports + 2));
	text_add(text, ": ");
}

/* tcpdump's letters, in its order. */
static void add_tcp_flags(struct text *text, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *letter;
	} letters[] = {
		{ TCP_FIN, "F" }, { TCP_SYN, "S" }, { TCP_RST, "R" }, { TCP_PSH, "P" },
		{ TCP_ACK, "." }, { TCP_URG, "U" }, { TCP_ECE, "E" }, { TCP_CWR, "W" },
	};

	text_add(text, "Flags [");
	if (flags == 0)
		text_add(text, "none");
	for (size_t index = 0; index < sizeof letters / sizeof letters[0]; index++) {
		if (flags & letters[index].flag)
			text_add(text, letters[index].letter);
	}
	text_add(text, "]");
}

/* A comma in front of all but the first of a list. */
static void add_item(struct text *text, bool *first, const char *words)
{
	text_add(text, *first ? ", options [" : ",");
	text_add(text, words);
	*first = false;
}

static void add_tcp_options(struct text *text, const struct tcp_options *options)
{
	bool first = true;

	if (options->has_mss) {
		add_item(text, &first, "mss ");
		text_add_number(text, options->mss);
	}
	if (options->has_sack_permitted)
		add_item(text, &first, "sackOK");
	if (options->has_timestamps) {
		add_item(text, &first, "TS val ");
		text_add_number(text, options->timestamp);
		text_add(text, " ecr ");
		text_add_number(text, options->timestamp_echo);
	}
	if (options->has_window_shift) {
		add_item(text, &first, "wscale ");
		text_add_number(text, options->window_shift);
	}
	if (options->sack_count > 0) {
		add_item(text, &first, "sack ");
		text_add_number(text, options->sack_count);
	}
	for (uint8_t index = 0; index < options->sack_count; index++) {
		text_add(text, index == 0 ? " {" : "{");
		text_add_number(text, options->sack[index].left);
		text_add(text, ":");
		text_add_number(text, options->sack[index].right);
		text_add(text, "}");
	}
	if (!first)
		text_add(text, "]");
}

bool line_add_tcp(struct text *text, const struct line_ends *ends, struct part segment)
{
	struct tcp_header tcp;

	if (!tcp_parse(segment.bytes, &tcp))
		return false;
	uint32_t length = segment.size - tcp.header_size;
	add_port_ends(text, ends, segment.bytes.at);
	add_tcp_flags(text, tcp.flags);
	if (length > 0 || tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST))
		line_add_named_number(text, ", seq ", tcp.sequence);
	if (length > 0)
		line_add_named_number(text, ":", tcp.sequence + length);
	if (tcp.flags & TCP_ACK)
		line_add_named_number(text, ", ack ", tcp.acknowledgment);
	line_add_named_number(text, ", win ", tcp.window);
	if (tcp.flags & TCP_URG)
		line_add_named_number(text, ", urg ", tcp.urgent);
	add_tcp_options(text, &tcp.options);
	line_add_length(text, length);
	return true;
}

bool line_add_udp(struct text *text, const struct line_ends *ends, struct part datagram)
{
	if (datagram.bytes.size < UDP_HEADER_SIZE)
		return false;
	add_port_ends(text, ends, datagram.bytes.at);
	text_add(text, "UDP");
	line_add_length(text, datagram.size - UDP_HEADER_SIZE);
	return true;
}
