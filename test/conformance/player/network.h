/* network: where a script is played: the stack under test has one address, and everything else is the script's end. */
#ifndef PLAYER_NETWORK_H
#define PLAYER_NETWORK_H

#include "conformance/player/outcome.h"
#include "conformance/player/syntax.h"
#include "wire/address.h"

enum ip_version {
	OVER_IPV4,
	OVER_MAPPED, /* sockets of AF_INET6 that speak IPv4 */
	OVER_IPV6,
};

/* What the options of packetdrill set, on the command line and in front of a script. */
struct network {
	enum ip_version version;
	struct address local, remote;
	uint16_t bind_port, connect_port;
	uint32_t mtu;
	int64_t tolerance;        /* nanoseconds */
	double tolerance_percent; /* of the time since what came before */
	int64_t timestamp_tick;   /* nanoseconds a unit; 0: outbound timestamps are not compared */
	bool echoes_scaled;       /* a TS ecr that was never sent is reckoned from the first */
	bool strict_segments;     /* a large segment is not gathered from small ones */
	bool strict;              /* nothing may be left over at the end, and TS ecr is compared */
	struct definition *definitions;
	bool version_is_fixed; /* a script's --ip_version is for another run */
};

struct network network_default(enum ip_version version);

/* Applies one option; false: *outcome says that it is wrong, or for another version of IP, or needs what is not here. */
bool network_option(struct network *network, struct arena *arena, const char *name,
		    const char *value, int line, struct outcome *outcome);

#endif
