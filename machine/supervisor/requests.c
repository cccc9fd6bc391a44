/* requests: ioctl on sockets. The filter sends us only what concerns networks: SIOCOUTQ and 0x8900 to 0x89ff. What a
 * carrier's kernel socket answers as a TCP one would stays native; what asks for interfaces, routes and the like would
 * show the machine's as if they were the host's, and is refused as by a kernel that has none of it, on AF_UNIX sockets
 * too: libraries ask on those. */
#include "supervisor/calls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum {
	OWNERS_FIRST = FIOSETOWN, /* who gets SIGIO and SIGURG, and is the urgent mark here */
	OWNERS_LAST = SIOCATMARK,
	PRIVATE_FIRST = SIOCPROTOPRIVATE, /* the family's own: SIOCUNIXFILE */
	PRIVATE_LAST = SIOCPROTOPRIVATE + 15,
};

/* SIOCOUTQ of a carrier would count the kernel's memory, not the bytes that TCP holds. */
void call_ioctl(struct supervisor *supervisor, struct call *call)
{
	int request = call_int(call, 1);
	if (request >= OWNERS_FIRST && request <= OWNERS_LAST)
		call_continue(supervisor, call);
	else
		call_answer(supervisor, call, -ENOTTY);
}

void call_ioctl_elsewhere(struct supervisor *supervisor, struct call *call)
{
	struct stat status;
	int request = call_int(call, 1);
	bool is_socket = fstat(call->descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
	bool is_own = request == SIOCOUTQ || (request >= OWNERS_FIRST && request <= OWNERS_LAST) ||
		      (request >= PRIVATE_FIRST && request <= PRIVATE_LAST);
	if (is_socket && !is_own)
		call_answer(supervisor, call, -ENOTTY);
	else
		call_continue(supervisor, call);
}
