/* output: the last steps of what is sent, which what is forwarded takes too. */
#ifndef IP_OUTPUT_H
#define IP_OUTPUT_H

#include "ip/hop.h"

/* Hands a packet, whose header is written, to its hop; takes it. DELIVERED, QUEUED, or why not. */
enum verdict ip_dispatch(struct ip *ip, const struct hop *hop, struct frame *packet);

#endif
