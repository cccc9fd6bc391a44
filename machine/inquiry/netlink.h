/* netlink: what Linux's kernel answers to a datagram that a program sends it by netlink (RFC 3549; netlink(7)): rtnetlink(7),
 * so far as it asks and does not change, and sock_diag(7). A host's network is not its programs' to change: that is EPERM, as
 * for any user without CAP_NET_ADMIN. */
#ifndef INQUIRY_NETLINK_H
#define INQUIRY_NETLINK_H

#include "inquiry/inventory.h"
#include "inquiry/writer.h"

/* The socket that asks. */
struct netlink_asker {
	struct berth_host *host;
	int protocol;   /* NETLINK_ROUTE or NETLINK_SOCK_DIAG */
	bool strict;    /* NETLINK_GET_STRICT_CHK: what a dump's header says is a filter */
	bool capped;    /* NETLINK_CAP_ACK: an error does not repeat the request */
	bool explained; /* NETLINK_EXT_ACK: it says in words why */
	uint32_t uid;   /* whose sockets they all are */
	/* The inode by which a program knows a socket of the host's, 0: none; and what waits in a listener's own queue, which
	 * the library does not see, is filled in. */
	uint64_t (*complete)(void *context, struct berth_socket_info *info);
	void *context;
};

struct netlink_request {
	const struct netlink_asker *asker;
	struct netlink_writer *writer;
	struct nlmsghdr header;
	const uint8_t *payload;
	size_t size;
	const char *complaint; /* why it is refused, in words; NULL: the errno says it */
};

/* 0: done; NETLINK_DUMPED: done, with what a dump ends with; or a negative errno. */
typedef int netlink_handler(struct netlink_request *request);
enum { NETLINK_DUMPED = 1 };

netlink_handler netlink_route, netlink_diag;

/* Answers every request of the datagram, in as many as it takes. The writer is empty, but for port. */
void netlink_answer(const struct netlink_asker *asker, struct netlink_writer *writer,
		    const void *datagram, size_t size);

/* The first attribute of that type behind a header of that size; at least least bytes long, or it is not found. */
const void *netlink_attribute(const struct netlink_request *request, size_t header_size,
			      uint16_t type, size_t least, size_t *size);
bool netlink_attribute_word(const struct netlink_request *request, size_t header_size,
			    uint16_t type, uint32_t *value);

static inline bool netlink_is_dump(const struct netlink_request *request)
{
	return (request->header.nlmsg_flags & NLM_F_DUMP) != 0;
}

/* What a dump's rows are marked with. */
static inline uint16_t netlink_row_flags(const struct netlink_request *request)
{
	return netlink_is_dump(request) ? NLM_F_MULTI : 0;
}

#endif
