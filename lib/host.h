/* host: one virtual host, all its floors together. host.c alone knows them all; network.c plugs hosts into LANs. */
#ifndef HOST_H
#define HOST_H

#include "base/clock.h"
#include "ip/ip.h"
#include "socket/socket.h"
#include "tcp/tcp.h"
#include "transport/packet.h"
#include "transport/ping.h"
#include "transport/raw.h"
#include "transport/udp_lite.h"

enum { HOST_NAME_SIZE = 64 };

struct network;

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
	struct udp udp_lite;
	struct udp ping;
	struct raw raw;
	struct packets packets;
	struct sockets sockets;
	struct list links;

	/* Its place among LANs; network NULL: it is plugged in nowhere. */
	struct network *network;
	struct list plugs;
	struct list dirty;  /* in the network's list of hosts to advance; to itself: not */
	struct list ready;  /* in the network's list of hosts with events */
	struct alarm alarm; /* in the network's clock: the host's next deadline */
};

/* Something may be due on this host: its LANs are to advance it. */
void host_touch(struct berth_host *host);

/* It is the LAN's time. */
void host_catch_up(struct berth_host *host);

/* Its sockets have an event, the first since all were taken. context is the host. */
void host_woken(void *context);

/* network.c: pulls every plug of it. */
void network_unplug_all(struct berth_host *host);

#endif
