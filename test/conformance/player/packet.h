/* packet: an IP packet of TCP, UDP or ICMP with its fields as numbers, to be made and to be looked at. */
#ifndef PLAYER_PACKET_H
#define PLAYER_PACKET_H

#include "conformance/player/syntax.h"
#include "wire/address.h"

enum { PACKET_MOST = 65535 + 80 };

struct packet {
	bool is_ipv6;
	enum packet_protocol protocol;
	struct address source, destination;
	uint8_t tos, ttl;
	uint16_t source_port, destination_port; /* ICMP: both its identifier */
	uint16_t flags;                         /* TCP's, and FLAG_AE */
	uint32_t sequence, acknowledgment;
	uint16_t window, urgent;
	uint8_t options[PACKET_OPTIONS_MOST];
	uint8_t options_size;
	uint8_t icmp_type, icmp_code;
	uint32_t icmp_rest;     /* the second word of its header */
	const uint8_t *payload; /* NULL: zeros */
	uint32_t size;          /* of payload */
	int64_t time;           /* when it was seen, in the script's time */
};

/* The bytes, with checksums, at at, which has PACKET_MOST. Returns how many; 0: more than an IP packet takes. */
size_t packet_write(const struct packet *packet, uint8_t *at);

/* False: not one of these protocols, or its headers or checksums are wrong (*wrong is told then, where it is such a
 * packet; else NULL). payload points into bytes. */
bool packet_read(const uint8_t *bytes, size_t size, struct packet *packet, const char **wrong);

/* The option of this kind, from its kind on; NULL: there is none. */
uint8_t *options_find(uint8_t *options, size_t size, uint8_t kind);

enum { OPTION_SACK = 5, OPTION_TIMESTAMPS = 8 };

#endif
