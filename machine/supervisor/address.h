/* address: a socket address that a guest hands in. */
#ifndef SUPERVISOR_ADDRESS_H
#define SUPERVISOR_ADDRESS_H

#include "supervisor/call.h"

/* Reads size bytes as move_addr_to_kernel of Linux does: 0 to 128 of them, else -EINVAL; -EFAULT. Returns size. What the bytes
 * mean is the daemon's to judge. */
int address_read(const struct call *call, uint64_t from, int size,
		 struct sockaddr_storage *address);

/* Is it the AF_UNIX path of a name service? It would answer with the machine's names, not the LAN's. */
bool address_is_name_service(const struct sockaddr_storage *address, int size);

#endif
