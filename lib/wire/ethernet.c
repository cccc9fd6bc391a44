#include "wire/ethernet.h"

bool ethernet_parse(struct bytes frame, struct ethernet_header *ethernet)
{
	if (frame.size < ETHERNET_HEADER_SIZE)
		return false;

	memcpy(ethernet->destination.bytes, frame.at + 0, 6);
	memcpy(ethernet->source.bytes, frame.at + 6, 6);
	ethernet->type = get16(frame.at + 12);
	return true;
}

void ethernet_write(uint8_t at[ETHERNET_HEADER_SIZE], const struct ethernet_header *ethernet)
{
	memcpy(at + 0, ethernet->destination.bytes, 6);
	memcpy(at + 6, ethernet->source.bytes, 6);
	put16(at + 12, ethernet->type);
}
