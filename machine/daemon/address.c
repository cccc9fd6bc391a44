/* address: which of 10.77.0.0/16 a host gets. */
#include "daemon/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

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

static int refuse_taken(struct daemon *daemon, const char *ip, const struct host *host,
			struct refusal *refusal)
{
	snprintf(refusal->sentence, sizeof refusal->sentence,
		 "host %s has %s on LAN %s: choose another --ip, or leave it out", host->name, ip,
		 daemon->name);
	return -EADDRINUSE;
}

int address_asked(struct daemon *daemon, const char *ip, struct in_addr *address,
		  struct refusal *refusal)
{
	if (inet_pton(AF_INET, ip, address) != 1) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "%.64s is not an IPv4 address: --ip wants one like 10.77.0.9", ip);
		return -EINVAL;
	}

	uint32_t tail = ntohl(address->s_addr) & ~NETMASK;
	if ((ntohl(address->s_addr) & NETMASK) != NETWORK || tail == 0 || tail == 0xffff) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "%.64s is no address for a host of LAN %s: --ip wants one from 10.77.0.1 "
			 "to 10.77.255.254",
			 ip, daemon->name);
		return -EADDRNOTAVAIL;
	}

	struct host *host = holder(daemon, address->s_addr);
	if (host && host->name[0] != '\0')
		return refuse_taken(daemon, ip, host, refusal);
	if (host)
		host_free(host); /* it only lingered: whoever asks by number wants it more */
	return 0;
}
