/* sock_diag(7), as ss(8) asks: the sockets of the internet families. Of others Linux without their modules says ENOENT, and so
 * do we; ss then reads /proc. Left out: the extensions (ss -i, -m), which nobody
 * has to send. */
#include "inquiry/diag_filter.h"
#include "inquiry/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

struct search {
	struct netlink_request *request;
	struct inet_diag_req_v2 wanted;
	struct diag_filter filter;
	bool exactly; /* the one whose ends are wanted.id's */
	bool found;
};

static uint16_t port_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
					      : ((const struct sockaddr_in *)address)->sin_port;
}

static void copy_address(const struct sockaddr_storage *from, void *to)
{
	if (from->ss_family == AF_INET6)
		memcpy(to, &((const struct sockaddr_in6 *)from)->sin6_addr,
		       sizeof(struct in6_addr));
	else
		memcpy(to, &((const struct sockaddr_in *)from)->sin_addr, sizeof(struct in_addr));
}

static struct inet_diag_msg describe(const struct search *search,
				     const struct berth_socket_info *info, uint64_t inode)
{
	struct inet_diag_msg row = {
		.idiag_family = (uint8_t)info->local.ss_family,
		.idiag_state = (uint8_t)info->state,
		.idiag_rqueue = info->receive_queue,
		.idiag_wqueue = info->send_queue,
		.idiag_uid = search->request->asker->uid,
		.idiag_inode = (uint32_t)inode,
	};

	row.id.idiag_sport = port_of(&info->local);
	row.id.idiag_dport = port_of(&info->peer);
	row.id.idiag_cookie[0] = (uint32_t)inode;
	row.id.idiag_cookie[1] = (uint32_t)(inode >> 32);
	copy_address(&info->local, row.id.idiag_src);
	copy_address(&info->peer, row.id.idiag_dst);
	return row;
}

/* Of datagram sockets Linux lists those that have a port; of streams those that are more than made. */
static bool is_listed(const struct berth_socket_info *info)
{
	if (info->type == SOCK_STREAM)
		return info->state != TCP_CLOSE;
	return info->type == SOCK_RAW || port_of(&info->local) != 0;
}

static bool is_wanted(const struct search *search, const struct berth_socket_info *info)
{
	const struct inet_diag_req_v2 *wanted = &search->wanted;
	const bool is_protocol =
		wanted->sdiag_protocol == IPPROTO_RAW
			? info->type == SOCK_RAW
			: info->type != SOCK_RAW && info->protocol == wanted->sdiag_protocol;

	if (!is_protocol || info->local.ss_family != wanted->sdiag_family || !is_listed(info))
		return false;
	if (search->exactly)
		return !search->found;
	return (wanted->idiag_states & 1u << info->state) != 0 &&
	       (wanted->id.idiag_sport == 0 || wanted->id.idiag_sport == port_of(&info->local)) &&
	       (wanted->id.idiag_dport == 0 || wanted->id.idiag_dport == port_of(&info->peer));
}

static bool has_ends(const struct inet_diag_msg *row, const struct inet_diag_sockid *id)
{
	const size_t size = row->idiag_family == AF_INET6 ? 16 : 4;

	return row->id.idiag_sport == id->idiag_sport && row->id.idiag_dport == id->idiag_dport &&
	       memcmp(row->id.idiag_src, id->idiag_src, size) == 0 &&
	       memcmp(row->id.idiag_dst, id->idiag_dst, size) == 0;
}

static void add_socket(void *context, const struct berth_socket_info *listed)
{
	struct search *search = context;
	struct netlink_request *request = search->request;
	const struct netlink_asker *asker = request->asker;
	struct berth_socket_info info = *listed;

	if (!is_wanted(search, &info))
		return;
	const uint64_t inode = asker->complete(asker->context, &info);
	const struct inet_diag_msg row = describe(search, &info, inode);
	if (!diag_filter_passes(&search->filter, &row))
		return;
	if (search->exactly && !has_ends(&row, &search->wanted.id))
		return;
	search->found = true;
	netlink_begin(request->writer, SOCK_DIAG_BY_FAMILY, netlink_row_flags(request), &row,
		      sizeof row);
	netlink_end(request->writer);
}

static bool is_known(const struct inet_diag_req_v2 *wanted)
{
	return (wanted->sdiag_family == AF_INET || wanted->sdiag_family == AF_INET6) &&
	       (wanted->sdiag_protocol == IPPROTO_TCP || wanted->sdiag_protocol == IPPROTO_UDP ||
		wanted->sdiag_protocol == IPPROTO_RAW);
}

static int list_sockets(struct netlink_request *request)
{
	struct search search = { .request = request, .exactly = !netlink_is_dump(request) };

	if (request->size < sizeof search.wanted)
		return request->size < sizeof(struct sock_diag_req) ? -EINVAL : -ENOENT;
	memcpy(&search.wanted, request->payload, sizeof search.wanted);
	if (!is_known(&search.wanted))
		return -ENOENT;
	search.filter.code = netlink_attribute(request, sizeof search.wanted,
					       INET_DIAG_REQ_BYTECODE, 0, &search.filter.size);
	if (!diag_filter_holds(&search.filter))
		return -EINVAL;
	berth_host_sockets(request->asker->host, add_socket, &search);
	if (search.exactly)
		return search.found ? 0 : -ENOENT;
	return NETLINK_DUMPED;
}

int netlink_diag(struct netlink_request *request)
{
	switch (request->header.nlmsg_type) {
	case SOCK_DIAG_BY_FAMILY:
		return list_sockets(request);
	case SOCK_DESTROY:
		return -EPERM;
	default:
		return -EINVAL;
	}
}
