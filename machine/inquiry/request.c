#include "inquiry/request.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

enum { QUEUE_LENGTH = 1000 };

typedef int answer(const struct inventory *inventory, const struct berth_interface_info *interface,
		   struct ifreq *request);

static int answer_nothing(const struct inventory *inventory,
			  const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory, (void)interface, (void)request;
	return -EOPNOTSUPP;
}

static int answer_no_slave(const struct inventory *inventory,
			   const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory, (void)interface, (void)request;
	return -EINVAL;
}

static int answer_name(const struct inventory *inventory,
		       const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory;
	memcpy(request->ifr_name, interface->name, sizeof interface->name);
	return 0;
}

static int answer_flags(const struct inventory *inventory,
			const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory;
	request->ifr_flags = (short)interface_flags(interface);
	return 0;
}

static int answer_metric(const struct inventory *inventory,
			 const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory, (void)interface;
	request->ifr_metric = 0;
	return 0;
}

static int answer_mtu(const struct inventory *inventory,
		      const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory;
	request->ifr_mtu = (int)interface->mtu;
	return 0;
}

static int answer_link_address(const struct inventory *inventory,
			       const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory;
	request->ifr_hwaddr =
		(struct sockaddr){ .sa_family = interface->is_loopback ? ARPHRD_LOOPBACK
								       : ARPHRD_ETHER };
	memcpy(request->ifr_hwaddr.sa_data, interface->mac, sizeof interface->mac);
	return 0;
}

static int answer_index(const struct inventory *inventory,
			const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory;
	request->ifr_ifindex = interface->index;
	return 0;
}

static int answer_queue_length(const struct inventory *inventory,
			       const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory, (void)interface;
	request->ifr_qlen = QUEUE_LENGTH;
	return 0;
}

static int answer_map(const struct inventory *inventory,
		      const struct berth_interface_info *interface, struct ifreq *request)
{
	(void)inventory, (void)interface;
	request->ifr_map = (struct ifmap){ 0 };
	return 0;
}

static void write_address(struct sockaddr *to, const uint8_t address[4])
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	memcpy(&in.sin_addr, address, sizeof in.sin_addr);
	memcpy(to, &in, sizeof in);
}

static int answer_address(const struct inventory *inventory,
			  const struct berth_interface_info *interface, struct ifreq *request)
{
	const struct berth_address_info *own =
		inventory_address(inventory, interface->index, AF_INET);

	if (!own)
		return -EADDRNOTAVAIL;
	write_address(&request->ifr_addr, own->address.bytes);
	return 0;
}

static int answer_broadcast(const struct inventory *inventory,
			    const struct berth_interface_info *interface, struct ifreq *request)
{
	const struct berth_address_info *own =
		inventory_address(inventory, interface->index, AF_INET);
	struct berth_ip broadcast = { 0 };

	if (!own)
		return -EADDRNOTAVAIL;
	inventory_broadcast(inventory, own, &broadcast);
	write_address(&request->ifr_broadaddr, broadcast.bytes);
	return 0;
}

static int answer_mask(const struct inventory *inventory,
		       const struct berth_interface_info *interface, struct ifreq *request)
{
	const struct berth_address_info *own =
		inventory_address(inventory, interface->index, AF_INET);
	uint8_t mask[4] = { 0 };

	if (!own)
		return -EADDRNOTAVAIL;
	for (unsigned bit = 0; bit < own->prefix; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	write_address(&request->ifr_netmask, mask);
	return 0;
}

enum families { ANY, INTERNET, IPV4 };

/* Requests of these are answered; those without a function change something. Seen on Linux 6.18. */
static const struct {
	unsigned first, last;
	enum families families;
	enum request_shape shape;
	answer *answer;
} requests[] = {
	{ SIOCADDRT, SIOCDELRT, INTERNET, REQUEST_NONE, NULL },
	{ SIOCGIFNAME, SIOCGIFNAME, ANY, REQUEST_ANSWER, answer_name },
	{ SIOCGIFCONF, SIOCGIFCONF, ANY, REQUEST_LIST, NULL },
	{ SIOCGIFFLAGS, SIOCGIFFLAGS, ANY, REQUEST_ANSWER, answer_flags },
	{ SIOCSIFFLAGS, SIOCSIFFLAGS, ANY, REQUEST_READ, NULL },
	{ SIOCGIFADDR, SIOCGIFADDR, IPV4, REQUEST_ANSWER, answer_address },
	{ SIOCSIFADDR, SIOCSIFADDR, INTERNET, REQUEST_READ, NULL },
	{ SIOCGIFDSTADDR, SIOCGIFDSTADDR, IPV4, REQUEST_ANSWER, answer_address },
	{ SIOCSIFDSTADDR, SIOCSIFDSTADDR, INTERNET, REQUEST_READ, NULL },
	{ SIOCGIFBRDADDR, SIOCGIFBRDADDR, IPV4, REQUEST_ANSWER, answer_broadcast },
	{ SIOCSIFBRDADDR, SIOCSIFBRDADDR, IPV4, REQUEST_READ, NULL },
	{ SIOCGIFNETMASK, SIOCGIFNETMASK, IPV4, REQUEST_ANSWER, answer_mask },
	{ SIOCSIFNETMASK, SIOCSIFNETMASK, IPV4, REQUEST_READ, NULL },
	{ SIOCGIFMETRIC, SIOCGIFMETRIC, ANY, REQUEST_ANSWER, answer_metric },
	{ SIOCSIFMETRIC, SIOCSIFMETRIC, ANY, REQUEST_READ, NULL },
	{ SIOCGIFMTU, SIOCGIFMTU, ANY, REQUEST_ANSWER, answer_mtu },
	{ SIOCSIFMTU, SIOCSIFHWADDR, ANY, REQUEST_READ, NULL },
	{ SIOCGIFHWADDR, SIOCGIFHWADDR, ANY, REQUEST_ANSWER, answer_link_address },
	{ SIOCGIFSLAVE, SIOCGIFSLAVE, ANY, REQUEST_ANSWER, answer_no_slave },
	{ SIOCSIFSLAVE, SIOCDELMULTI, ANY, REQUEST_READ, NULL },
	{ SIOCGIFINDEX, SIOCGIFINDEX, ANY, REQUEST_ANSWER, answer_index },
	{ SIOCSIFPFLAGS, SIOCSIFPFLAGS, IPV4, REQUEST_READ, NULL },
	{ SIOCSIFHWBROADCAST, SIOCSIFHWBROADCAST, ANY, REQUEST_READ, NULL },
	{ SIOCGIFTXQLEN, SIOCGIFTXQLEN, ANY, REQUEST_ANSWER, answer_queue_length },
	{ SIOCSIFTXQLEN, SIOCSIFTXQLEN, ANY, REQUEST_READ, NULL },
	{ SIOCETHTOOL, SIOCETHTOOL, ANY, REQUEST_ANSWER, answer_nothing },
	{ SIOCGMIIPHY, SIOCSMIIREG, ANY, REQUEST_READ, NULL },
	{ SIOCWANDEV, SIOCWANDEV, ANY, REQUEST_ANSWER, answer_nothing },
	{ SIOCGSKNS, SIOCGSKNS, ANY, REQUEST_NONE, NULL },
	{ SIOCDARP, SIOCDARP, IPV4, REQUEST_NONE, NULL },
	{ SIOCSARP, SIOCSARP, IPV4, REQUEST_NONE, NULL },
	{ SIOCGIFMAP, SIOCGIFMAP, ANY, REQUEST_ANSWER, answer_map },
	{ SIOCSIFMAP, SIOCSIFMAP, ANY, REQUEST_READ, NULL },
	{ SIOCBONDENSLAVE, SIOCBONDCHANGEACTIVE, ANY, REQUEST_ANSWER, answer_nothing },
	{ SIOCBRADDBR, SIOCBRDELIF, ANY, REQUEST_NONE, NULL },
	{ SIOCSHWTSTAMP, SIOCSHWTSTAMP, ANY, REQUEST_READ, NULL },
	{ SIOCGHWTSTAMP, SIOCGHWTSTAMP, ANY, REQUEST_ANSWER, answer_nothing },
	{ SIOCDEVPRIVATE, SIOCDEVPRIVATE + 15, ANY, REQUEST_ANSWER, answer_nothing },
};

enum { REQUESTS = sizeof requests / sizeof requests[0] };

/* REQUESTS: none. */
static size_t find(unsigned request)
{
	size_t place = 0;

	while (place < REQUESTS &&
	       (request < requests[place].first || request > requests[place].last))
		place++;
	return place;
}

enum request_shape request_shape(unsigned request)
{
	const size_t place = find(request);
	return place < REQUESTS ? requests[place].shape : REQUEST_NONE;
}

static bool is_of_family(enum families families, int family)
{
	if (families == ANY || family == AF_INET)
		return true;
	return families == INTERNET && family == AF_INET6;
}

/* An alias, "eth0:1", stands for its interface. */
static const struct berth_interface_info *
find_interface(const struct inventory *inventory, unsigned request, const struct ifreq *asked)
{
	char name[IFNAMSIZ];

	if (request == SIOCGIFNAME)
		return inventory_interface(inventory, asked->ifr_ifindex);
	memcpy(name, asked->ifr_name, sizeof name);
	name[sizeof name - 1] = '\0';
	name[strcspn(name, ":")] = '\0';
	return inventory_interface_named(inventory, name);
}

int request_answer(struct berth_host *host, int family, unsigned request, struct ifreq *interface)
{
	const size_t place = find(request);
	struct inventory inventory;

	if (place == REQUESTS || !is_of_family(requests[place].families, family))
		return -ENOTTY;
	if (!requests[place].answer)
		return -EPERM;
	if (!inventory_take(&inventory, host))
		return -ENOBUFS;
	const struct berth_interface_info *found = find_interface(&inventory, request, interface);
	int result = found ? requests[place].answer(&inventory, found, interface) : -ENODEV;
	inventory_close(&inventory);
	return result;
}

size_t request_list(struct berth_host *host, struct ifreq *list, size_t most)
{
	struct inventory inventory;
	size_t count = 0;

	if (!inventory_take(&inventory, host))
		return 0;
	for (size_t i = 0; i < inventory.address_count; i++) {
		const struct berth_address_info *own = &inventory.addresses[i];
		const struct berth_interface_info *interface =
			inventory_interface(&inventory, own->interface);
		if (own->address.family != AF_INET || !interface)
			continue;
		if (count < most) {
			list[count] = (struct ifreq){ 0 };
			memcpy(list[count].ifr_name, interface->name, sizeof interface->name);
			write_address(&list[count].ifr_addr, own->address.bytes);
		}
		count++;
	}
	inventory_close(&inventory);
	return count;
}
