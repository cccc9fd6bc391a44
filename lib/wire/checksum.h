/* checksum: the Internet checksum (RFC 1071), summed over as many pieces as there are. */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include "base/bytes.h"
#include "base/frame.h"
#include "wire/address.h"

/* A sum so far. A piece of odd size may only be followed by others through checksum_add, which remembers. */
struct checksum {
	uint64_t sum;
	bool odd;
};

void checksum_add(struct checksum *checksum, struct bytes bytes);
/* All of a frame, head and slices. */
void checksum_add_frame(struct checksum *checksum, const struct frame *frame);
/* The pseudo header of TCP, UDP and ICMPv6 (RFC 9293, 3.1; RFC 8200, 8.1); both addresses of one family. */
void checksum_add_pseudo(struct checksum *checksum, const struct address *source,
			 const struct address *destination, uint8_t protocol, uint32_t size);
/* The field to write (complement); 0 where a whole packet with its field is right. */
uint16_t checksum_finish(const struct checksum *checksum);

/* RFC 1624, equation 3: the checksum field after a 16-bit word in the packet has changed. */
uint16_t checksum_update(uint16_t field, uint16_t old_word, uint16_t new_word);

#endif
