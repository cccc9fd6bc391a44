/* request: ioctl about the network, of a carrier or of an AF_UNIX socket of the machine's own: inquiry/request.h answers. What
 * is about one socket is answered here. */
#include "inquiry/request.h"
#include "daemon/calls.h"
#include "daemon/carrier.h"
#include "daemon/host.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

static int family_of(const struct call *call)
{
	int family = AF_UNIX;
	socklen_t size = sizeof family;

	if (!call->carrier)
		return AF_UNIX;
	if (call->carrier->state == CARRIER_NETLINK)
		return AF_NETLINK;
	berth_getsockopt(call->carrier->host->stack, call->carrier->descriptor, SOL_SOCKET,
			 SO_DOMAIN, &family, &size);
	return family;
}

struct search {
	int descriptor;
	uint32_t unsent;
};

static void look_for(void *context, const struct berth_socket_info *info)
{
	struct search *search = context;

	if (info->descriptor == search->descriptor)
		search->unsent = info->send_queue;
}

/* Bytes that TCP has not had acknowledged, those the pump has not read yet included, less what it keeps there of what it has
 * sent (pump.h). Of datagrams, which are sent at once, none. */
static int unsent(struct call *call)
{
	const struct carrier *carrier = call->carrier;
	struct search search = { .descriptor = carrier->descriptor };
	int waiting = 0;

	if (carrier->state == CARRIER_NETLINK)
		return -ENOTTY;
	if (carrier->state == CARRIER_LISTENING)
		return -EINVAL;
	if (carrier->state == CARRIER_CONNECTED) {
		berth_host_sockets(carrier->host->stack, look_for, &search);
		ioctl(carrier->end, FIONREAD, &waiting);
		waiting -= (int)carrier->kept;
	}
	const int bytes = (int)search.unsent + (waiting > 0 ? waiting : 0);
	memcpy(call->out, &bytes, sizeof bytes);
	call->out_size = sizeof bytes;
	return 0;
}

int call_request(struct call *call)
{
	struct berth_host *stack = call->session->host->stack;
	const unsigned request = (unsigned)call->header->a;
	const size_t most = CONTROL_DATA_MOST / sizeof(struct ifreq);
	struct ifreq interface = { 0 };

	if (request == SIOCOUTQ && call->carrier)
		return unsent(call);
	if (request_shape(request) == REQUEST_LIST) {
		const size_t count = request_list(stack, call->out, most);
		call->out_size = (count < most ? count : most) * sizeof interface;
		return 0;
	}
	if (call->header->size == sizeof interface)
		memcpy(&interface, call->data, sizeof interface);
	const int result = request_answer(stack, family_of(call), request, &interface);
	memcpy(call->out, &interface, sizeof interface);
	call->out_size = sizeof interface;
	return result;
}
