/* icmp_names: what scripts call ICMP's types and codes (RFC 792, 1812; RFC 4443). type_N and code_N are understood too. */
#ifndef PLAYER_ICMP_NAMES_H
#define PLAYER_ICMP_NAMES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ICMP4_UNREACHABLE = 3,
	ICMP4_FRAGMENTATION_NEEDED = 4,
	ICMP6_TOO_BIG = 2,
};

/* code NULL: 0. False: no such name. */
bool icmp_type_find(bool is_ipv6, const char *name, uint8_t *type);
bool icmp_code_find(bool is_ipv6, uint8_t type, const char *name, uint8_t *code);

#endif
