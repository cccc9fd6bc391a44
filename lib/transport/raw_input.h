/* raw_input: what raw_init registers with ip. */
#ifndef TRANSPORT_RAW_INPUT_H
#define TRANSPORT_RAW_INPUT_H

#include "ip/ip.h"

/* DELIVERED: at least one socket has a copy; else DROP_NO_SOCKET, DROP_BUFFER_FULL, DROP_MEMORY. */
enum verdict raw_input(void *context, const struct ip_packet *packet);
void raw_error(void *context, const struct ip_error *error);

#endif
