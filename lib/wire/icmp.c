#include "wire/icmp.h"

bool icmp_parse(struct bytes message, struct icmp_message *icmp)
{
	if (message.size < ICMP_HEADER_SIZE)
		return false;

	icmp->type = message.at[0];
	icmp->code = message.at[1];
	icmp->checksum = get16(message.at + 2);
	icmp->rest = get32(message.at + 4);
	icmp->body = bytes_after(message, ICMP_HEADER_SIZE);
	return true;
}

void icmp_write(uint8_t at[ICMP_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t rest)
{
	at[0] = type;
	at[1] = code;
	put16(at + 2, 0);
	put32(at + 4, rest);
}

bool icmp_is_error(uint8_t type)
{
	/* The questions and answers of RFC 792, 950 (address mask) and 1256 (routers). */
	static const bool is_query[] = {
		[ICMP_ECHO_REPLY] = true,
		[ICMP_ECHO] = true,
		[9] = true,
		[10] = true,
		[13] = true,
		[14] = true,
		[15] = true,
		[16] = true,
		[17] = true,
		[18] = true,
	};
	return type >= sizeof is_query || !is_query[type];
}
