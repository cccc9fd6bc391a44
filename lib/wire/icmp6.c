#include "wire/icmp6.h"

bool icmp6_parse(struct bytes message, struct icmp6_message *icmp6)
{
	if (message.size < ICMP6_HEADER_SIZE)
		return false;

	icmp6->type = message.at[0];
	icmp6->code = message.at[1];
	icmp6->checksum = get16(message.at + 2);
	icmp6->rest = get32(message.at + 4);
	icmp6->body = bytes_after(message, ICMP6_HEADER_SIZE);
	return true;
}

void icmp6_write(uint8_t at[ICMP6_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t rest)
{
	at[0] = type;
	at[1] = code;
	put16(at + 2, 0);
	put32(at + 4, rest);
}
