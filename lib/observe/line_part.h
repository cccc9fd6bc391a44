/* line_part: what the files that make a packet's line (line.h) say in common: parts of a packet, the two ends that it is
 * between, and the phrases that come in most lines. */
#ifndef OBSERVE_LINE_PART_H
#define OBSERVE_LINE_PART_H

#include "observe/text.h"
#include "wire/address.h"

/* bytes: what is looked at; size: what the packet has in all. */
struct part {
	struct bytes bytes;
	uint32_t size;
};

static inline struct part part_after(struct part part, size_t size)
{
	return (struct part){ bytes_after(part.bytes, size), part.size - (uint32_t)size };
}

/* Both of one family. */
struct line_ends {
	struct address source, destination;
};

void line_add_length(struct text *text, uint32_t size);
void line_add_named_number(struct text *text, const char *name, uint32_t number);
void line_add_protocol(struct text *text, uint8_t protocol);
void line_add_address_port(struct text *text, const struct address *address, uint16_t port);
/* "IP source > destination: ", or IP6. */
void line_add_ends(struct text *text, const struct line_ends *ends);

/* Each adds a whole line, or returns false and adds nothing: there is less than a header. */
bool line_add_tcp(struct text *text, const struct line_ends *ends, struct part segment);
bool line_add_udp(struct text *text, const struct line_ends *ends, struct part datagram);
bool line_add_icmp(struct text *text, const struct line_ends *ends, struct part message);
bool line_add_icmp6(struct text *text, const struct line_ends *ends, struct part message);

/* The packet that an error quotes, of either family, as far as its ports: " (udp to 10.0.0.1.53)"; nothing where it is cut
 * in front of them. */
void line_add_quoted(struct text *text, struct bytes quoted);

#endif
