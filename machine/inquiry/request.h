/* request: what ioctl(2) asks of a network's interfaces (netdevice(7)), on a socket of any family, as Linux says it to a user
 * without CAP_NET_ADMIN. */
#ifndef INQUIRY_REQUEST_H
#define INQUIRY_REQUEST_H

#include "inquiry/inventory.h"

#include <net/if.h>

/* How a request's argument is to be had and given back. */
enum request_shape {
	REQUEST_NONE,   /* the argument is not looked at */
	REQUEST_READ,   /* a struct ifreq in, */
	REQUEST_ANSWER, /* and, where it worked, out again */
	REQUEST_LIST,   /* SIOCGIFCONF: a struct ifconf in; struct ifreqs out */
};

enum request_shape request_shape(unsigned request);

/* Answers one of a socket of that family: 0, and what was asked for is in *interface; or a negative errno. */
int request_answer(struct berth_host *host, int family, unsigned request, struct ifreq *interface);

/* SIOCGIFCONF: every interface with an IPv4 address. Returns how many there are, the first most of them in list. */
size_t request_list(struct berth_host *host, struct ifreq *list, size_t most);

#endif
