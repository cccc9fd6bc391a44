/* host: a virtual host of the LAN. It begins with its first session and ends when the last has gone and what its sockets
 * held is delivered: until then it lingers, nameless and unlisted. */
#ifndef DAEMON_HOST_H
#define DAEMON_HOST_H

#include "daemon/daemon.h"

#include <netinet/in.h>
#include <time.h>

struct inventory;

struct host {
	TAILQ_ENTRY(host) link;
	struct daemon *daemon;
	struct berth_host *stack;
	char name[CONTROL_NAME_MOST + 1]; /* empty: it lingers */
	struct in_addr address;
	struct in6_addr address6; /* goes with it: address.c */
	uint8_t mac[6];
	unsigned session_count;
	uint64_t linger_until;
	struct carrier_list carriers;
	struct inventory *seen; /* what netlink's groups have been told of; NULL: nobody listens */
	char *command;          /* as ps shows it */
	time_t started;
};

/* What was wrong with a wish, in a sentence that says what to do. */
struct refusal {
	char sentence[256];
};

/* NULL: no host of that name. */
struct host *host_find(struct daemon *daemon, const char *name);

/* name NULL: one is chosen; ip NULL: the first free. 0 and *made, or a negative errno and why. command is copied. */
int host_new(struct daemon *daemon, const char *name, const char *ip, const char *command,
	     struct host **made, struct refusal *refusal);

/* Ends it and everything on it at once. */
void host_free(struct host *host);

void host_session_came(struct host *host);
void host_session_left(struct host *host);

/* Ends the lingering hosts that have nothing left to deliver. */
void hosts_settle(struct daemon *daemon);

/* Is it a unicast address that the host sends to without a router? IPv4's are mapped here. */
bool host_reaches(const struct host *host, const struct in6_addr *address);

/* Its own address of the kind that peer is; and the bytes of an address of either family. */
struct sockaddr_storage host_own_address(const struct host *host,
					 const struct sockaddr_storage *peer);
socklen_t host_address_size(const struct sockaddr_storage *address);

/* For inquiry: context is a host. What a guest has in its own queue of connections waits as well; the inode is what its
 * /proc/PID/fd shows. */
uint64_t host_complete_socket(void *context, struct berth_socket_info *info);

/* How many sockets it has that are in use, or have something to deliver. */
unsigned host_socket_count(struct host *host);

/* A string asked of the form 10.77.x.y or fd77::x: 0 and the IPv4 address; else a negative errno and why. */
int address_asked(struct daemon *daemon, const char *ip, struct in_addr *address,
		  struct refusal *refusal);
/* 0: all are taken. */
in_addr_t address_choose(struct daemon *daemon);
/* The IPv6 address that goes with an IPv4 one. */
struct in6_addr address_beside(struct in_addr address);

#endif
