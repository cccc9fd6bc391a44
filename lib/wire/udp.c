#include "wire/udp.h"

bool udp_parse(struct bytes packet, size_t present, struct udp_header *udp)
{
	if (packet.size < UDP_HEADER_SIZE)
		return false;

	uint16_t size = get16(packet.at + 4);
	if (size < UDP_HEADER_SIZE || size > present)
		return false;

	udp->source_port = get16(packet.at + 0);
	udp->destination_port = get16(packet.at + 2);
	udp->size = size;
	udp->checksum = get16(packet.at + 6);
	return true;
}

void udp_write(uint8_t at[UDP_HEADER_SIZE], const struct udp_header *udp)
{
	put16(at + 0, udp->source_port);
	put16(at + 2, udp->destination_port);
	put16(at + 4, udp->size);
	put16(at + 6, udp->checksum);
}
