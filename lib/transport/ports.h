/* ports: which local ports of one protocol are taken, by whom, and which is free. Conflicts are judged as Linux's bind
 * does; free ports are chosen by RFC 6056's double-hash selection (algorithm 4), so that nobody outside foretells them. */
#ifndef TRANSPORT_PORTS_H
#define TRANSPORT_PORTS_H

#include "base/list.h"
#include "base/random.h"
#include "base/table.h"
#include "wire/address.h"

enum {
	PORT_FIRST = 32768, /* net.ipv4.ip_local_port_range, where nobody says otherwise */
	PORT_LAST = 60999,
	PORT_COUNTERS = 64, /* algorithm 4's table of counters */
};

/* Embedded in whatever holds a port. */
struct port_holder {
	struct list link; /* on its port; to itself while it holds none */
	struct endpoint local;
	/* What local's address is while nothing has named one: 0.0.0.0 of an IPv4 socket, :: of an IPv6 one, which hears
	 * both families unless it is for IPv6 only (RFC 3493, 5.3). */
	struct address unbound;
	bool v6_only;
	int interface; /* SO_BINDTODEVICE: the index of the only one it speaks by; 0: any */
	bool reuse_address;
	bool reuse_port;
	bool listening;
};

struct ports {
	const struct berth_allocator *allocator;
	bool connectionless; /* UDP: who has bound is spoken to; none listens */
	struct table ports;
	uint16_t first, last; /* of those that are chosen */
	struct siphash_key offset_key, counter_key;
	struct random random;
	uint32_t counters[PORT_COUNTERS];
};

/* One port in use. Those who bound it are apart from those who merely use it (connections), since a server has few of the
 * one and many of the other. */
struct port {
	struct table_node node;
	uint16_t number;
	struct list bound;
	struct list used;
};

/* One that holds no port yet, of an IPv4 socket; and then that of an IPv6 one. */
void port_holder_init(struct port_holder *holder);
void port_holder_turn_v6(struct port_holder *holder);

/* Is what is sent to this address for one bound as this holder is? */
bool port_holder_hears(const struct port_holder *holder, const struct address *address);

/* False: no memory. */
bool ports_init(struct ports *ports, const struct berth_allocator *allocator,
		struct random *random);
/* Every holder has released before. */
void ports_close(struct ports *ports);

/* As bind(2): local's address may be any; port 0: one is chosen. holder->local is set. 0, -EADDRINUSE, -ENOBUFS. */
int ports_bind(struct ports *ports, struct port_holder *holder, const struct endpoint *local);

/* As listen(2): may this bound holder listen beside the others on its port? */
bool ports_may_listen(const struct ports *ports, const struct port_holder *holder);

/* A connection uses this port as well, whoever else does. 0, -ENOBUFS. */
int ports_use(struct ports *ports, struct port_holder *holder, const struct endpoint *local);

/* Chooses a port for a connection from local's address to peer and uses it: one that nobody bound and for which is_free
 * says yes. 0, -EADDRNOTAVAIL, -ENOBUFS. */
int ports_use_any(struct ports *ports, struct port_holder *holder, const struct address *local,
		  const struct endpoint *peer,
		  bool (*is_free)(void *context, const struct endpoint *local,
				  const struct endpoint *peer),
		  void *context);

void ports_release(struct ports *ports, struct port_holder *holder);

/* The holder is on its port already: from now on it is one that merely uses it, from this address; or one that has bound
 * it, to this address, again. */
void ports_turn_user(struct ports *ports, struct port_holder *holder, const struct address *local);
void ports_turn_binder(struct ports *ports, struct port_holder *holder,
		       const struct address *local);

/* Who speaks for what arrives at local by that interface from anybody, a listener or a connectionless binder: those on that very address
 * before those on any of its family, and those before the ones on any of both;
 * among equals those that speak by that interface alone. The last that bound, unless it shares by SO_REUSEPORT: then spread decides, a hash of who asks.
 * NULL: none. */
struct port_holder *ports_find_open(const struct ports *ports, const struct endpoint *local,
				    int interface, uint32_t spread);

/* NULL: nobody holds it. */
struct port *ports_find(const struct ports *ports, uint16_t number);

#endif
