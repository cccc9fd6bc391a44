/* tcp: the header of a TCP segment (RFC 9293, 3.1) and its options (3.2; RFC 7323; RFC 2018). */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "base/bytes.h"

enum {
	TCP_HEADER_SIZE = 20,
	TCP_HEADER_MOST = 60,
	TCP_OPTIONS_MOST = 40,
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
	TCP_SACK_BLOCKS = 4,
	TCP_WINDOW_SHIFT_MOST = 14, /* RFC 7323, 2.3 */
};

struct tcp_sack_block {
	uint32_t left;
	uint32_t right;
};

/* What the options said; a flag a kind. Malformed or unknown ones are skipped by their length; a length that runs past
 * the header ends the reading (Linux does this too). A kind seen twice: the last counts. */
struct tcp_options {
	bool has_mss, has_window_shift, has_sack_permitted, has_timestamps;
	uint16_t mss;
	uint8_t window_shift; /* as sent; the user clamps it at TCP_WINDOW_SHIFT_MOST */
	uint32_t timestamp;
	uint32_t timestamp_echo;
	uint8_t sack_count;
	struct tcp_sack_block sack[TCP_SACK_BLOCKS];
};

struct tcp_header {
	uint16_t source_port;
	uint16_t destination_port;
	uint32_t sequence;
	uint32_t acknowledgment;
	uint8_t header_size; /* bytes, options included */
	uint8_t flags;
	uint16_t window;
	uint16_t checksum;
	uint16_t urgent;
	struct tcp_options options;
};

/* segment: the segment's first bytes, its whole header among them, where the rest may lie elsewhere. False: too short, or
 * a data offset below 5 or past the bytes. */
bool tcp_parse(struct bytes segment, struct tcp_header *tcp);

/* How many bytes tcp_write needs for these: a multiple of 4. */
size_t tcp_header_size(const struct tcp_header *tcp);

/* Writes header and options in Linux's layout, byte for byte (SYN: mss,sackOK,TS,nop,wscale or mss,nop,nop,sackOK,
 * nop,wscale ...; data: nop,nop,TS; SACK behind nop,nop); the checksum as it stands in *tcp. header_size of *tcp is not
 * looked at. at has tcp_header_size bytes. */
void tcp_write(uint8_t *at, const struct tcp_header *tcp);

/* Sequence numbers are compared modulo 2^32 (RFC 9293, 3.4). */
static inline bool sequence_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool sequence_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

#endif
