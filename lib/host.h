/* host: one virtual host, all its floors together. host.c alone knows them all; network.c plugs hosts into a LAN. */
#ifndef HOST_H
#define HOST_H

#include "base/clock.h"
#include "ip/ip.h"
#include "lan/switch.h"
#include "socket/socket.h"
#include "tcp/tcp.h"
#include "transport/ping.h"
#include "transport/raw.h"

enum { HOST_NAME_SIZE = 64 };

struct berth_lan;

/* A link of the embedder's own. */
struct host_link {
	struct list link;
	void (*transmit)(void *context, const struct iovec *pieces, int count);
	void *context;
};

struct berth_host {
	struct berth_allocator allocator;
	char name[HOST_NAME_SIZE];
	struct pool *pool;
	struct clock clock;
	struct ip ip;
	struct tcp tcp;
	struct udp udp;
	struct udp ping;
	struct raw raw;
	struct sockets sockets;
	struct list links;

	/* Its place on a LAN; lan NULL: none. */
	struct berth_lan *lan;
	int lan_interface;
	struct mac mac;
	struct lan_port port;
	struct list in_lan;
	struct list dirty;  /* in the LAN's list of hosts to advance; to itself: not */
	struct list ready;  /* in the LAN's list of hosts with events */
	struct alarm alarm; /* in the LAN's clock: the host's next deadline */
};

/* Something may be due on this host: its LAN is to advance it. */
void host_touch(struct berth_host *host);

/* Its sockets have an event, the first since all were taken. context is the host. */
void host_woken(void *context);

#endif
