/* arp: an ARP packet for IPv4 over Ethernet (RFC 826). */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "wire/ethernet.h"

enum { ARP_SIZE = 28, ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp_packet {
	uint16_t operation;
	struct mac sender_mac;
	uint32_t sender; /* IPv4 addresses in host order */
	struct mac target_mac;
	uint32_t target;
};

/* False: too short, another hardware or protocol, wrong address lengths. Padding behind is allowed. */
bool arp_parse(struct bytes packet, struct arp_packet *arp);
void arp_write(uint8_t at[ARP_SIZE], const struct arp_packet *arp);

#endif
