#include "wire/arp.h"

enum { HARDWARE_ETHERNET = 1, MAC_SIZE = 6, IPV4_ADDRESS_SIZE = 4 };

bool arp_parse(struct bytes packet, struct arp_packet *arp)
{
	if (packet.size < ARP_SIZE)
		return false;
	if (get16(packet.at + 0) != HARDWARE_ETHERNET || get16(packet.at + 2) != ETHERTYPE_IPV4)
		return false;
	if (packet.at[4] != MAC_SIZE || packet.at[5] != IPV4_ADDRESS_SIZE)
		return false;

	arp->operation = get16(packet.at + 6);
	memcpy(arp->sender_mac.bytes, packet.at + 8, MAC_SIZE);
	arp->sender = get32(packet.at + 14);
	memcpy(arp->target_mac.bytes, packet.at + 18, MAC_SIZE);
	arp->target = get32(packet.at + 24);
	return true;
}

void arp_write(uint8_t at[ARP_SIZE], const struct arp_packet *arp)
{
	put16(at + 0, HARDWARE_ETHERNET);
	put16(at + 2, ETHERTYPE_IPV4);
	at[4] = MAC_SIZE;
	at[5] = IPV4_ADDRESS_SIZE;
	put16(at + 6, arp->operation);
	memcpy(at + 8, arp->sender_mac.bytes, MAC_SIZE);
	put32(at + 14, arp->sender);
	memcpy(at + 18, arp->target_mac.bytes, MAC_SIZE);
	put32(at + 24, arp->target);
}
