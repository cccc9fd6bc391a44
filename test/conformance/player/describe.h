/* describe: a packet as a script would write it. */
#ifndef PLAYER_DESCRIBE_H
#define PLAYER_DESCRIBE_H

#include "conformance/player/packet.h"

#include <stddef.h>

/* What the script says of an outbound packet, and what has come, in the script's numbers. */
void describe_spec(const struct packet_spec *spec, char *text, size_t size);
void describe_packet(const struct packet *packet, char *text, size_t size);

#endif
