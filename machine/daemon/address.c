/* address: which of 10.77.0.0/16 a host gets, and of fd77::/64 (RFC 4193) beside it: 10.77.1.2 goes with fd77::102, so
 * that one is known from the other. */
#include "daemon/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NETWORK UINT32_C(0x0a4d0000) /* 10.77.0.0 */
#define NETMASK UINT32_C(0xffff0000)

static struct host *holder(struct daemon *daemon, in_addr_t address)
{
	struct host *host;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	if (host->address.s_addr == address)
		return host;
	return NULL;
}

/* The last two octets never 0 or 255, so that no host looks like a network or a broadcast address to anybody. */
static bool is_pleasant(uint32_t tail)
{
	uint32_t last = tail & 255;
	return last != 0 && last != 255;
}

in_addr_t address_choose(struct daemon *daemon)
{
	for (uint32_t tail = 1; tail < 0xff00; tail++) {
		in_addr_t address = htonl(NETWORK | tail);
		if (is_pleasant(tail) && !holder(daemon, address))
			return address;
	}
	return 0;
}

struct in6_addr address_beside(struct in_addr address)
{
	struct in6_addr beside = { .s6_addr = { 0xfd, 0x77 } };
	uint32_t tail = ntohl(address.s_addr) & ~NETMASK;

	beside.s6_addr[14] = (uint8_t)(tail >> 8);
	beside.s6_addr[15] = (uint8_t)tail;
	return beside;
}

static int refuse_taken(struct daemon *daemon, const char *ip, const struct host *host,
			struct refusal *refusal)
{
	snprintf(refusal->sentence, sizeof refusal->sentence,
		 "host %s has %s on LAN %s: choose another --ip, or leave it out", host->name, ip,
		 daemon->name);
	return -EADDRINUSE;
}

/* -EINVAL: no address at all; -EADDRNOTAVAIL: none of the LAN's. */
static int parse(const char *ip, struct in_addr *address)
{
	struct in6_addr v6;

	if (inet_pton(AF_INET6, ip, &v6) == 1) {
		address->s_addr = htonl(NETWORK | (uint32_t)(v6.s6_addr[14] << 8 | v6.s6_addr[15]));
		struct in6_addr beside = address_beside(*address);
		if (memcmp(&beside, &v6, sizeof v6) != 0)
			return -EADDRNOTAVAIL;
	} else if (inet_pton(AF_INET, ip, address) != 1) {
		return -EINVAL;
	}
	uint32_t tail = ntohl(address->s_addr) & ~NETMASK;
	bool is_ours = (ntohl(address->s_addr) & NETMASK) == NETWORK;
	return is_ours && tail != 0 && tail != 0xffff ? 0 : -EADDRNOTAVAIL;
}

int address_asked(struct daemon *daemon, const char *ip, struct in_addr *address,
		  struct refusal *refusal)
{
	int error = parse(ip, address);
	if (error == -EINVAL)
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "%.64s is not an IP address: --ip wants one like 10.77.0.9 or fd77::9",
			 ip);
	if (error == -EADDRNOTAVAIL)
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "%.64s is no address for a host of LAN %s: --ip wants one from 10.77.0.1 "
			 "to 10.77.255.254, or from fd77::1 to fd77::fffe",
			 ip, daemon->name);
	if (error)
		return error;

	struct host *host = holder(daemon, address->s_addr);
	if (host && host->name[0] != '\0')
		return refuse_taken(daemon, ip, host, refusal);
	if (host)
		host_free(host); /* it only lingered: whoever asks by number wants it more */
	return 0;
}
