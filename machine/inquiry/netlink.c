#include "inquiry/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { ECHO_MOST = 32 * 1024 }; /* of a request that an error repeats */

const void *netlink_attribute(const struct netlink_request *request, size_t header_size,
			      uint16_t type, size_t least, size_t *size)
{
	size_t at = NLMSG_ALIGN(header_size);

	while (at + sizeof(struct rtattr) <= request->size) {
		struct rtattr attribute;
		memcpy(&attribute, request->payload + at, sizeof attribute);
		if (attribute.rta_len < sizeof attribute || attribute.rta_len > request->size - at)
			return NULL;
		size_t value_size = attribute.rta_len - sizeof attribute;
		if ((attribute.rta_type & NLA_TYPE_MASK) == type && value_size >= least) {
			*size = value_size;
			return request->payload + at + sizeof attribute;
		}
		at += RTA_ALIGN(attribute.rta_len);
	}
	return NULL;
}

bool netlink_attribute_word(const struct netlink_request *request, size_t header_size,
			    uint16_t type, uint32_t *value)
{
	size_t size;
	const void *found = netlink_attribute(request, header_size, type, sizeof *value, &size);

	if (found)
		memcpy(value, found, sizeof *value);
	return found != NULL;
}

static void end_dump(struct netlink_writer *writer)
{
	const int32_t result = 0;

	netlink_begin(writer, NLMSG_DONE, NLM_F_MULTI, &result, sizeof result);
	netlink_end(writer);
}

/* netlink_ack of Linux: an error repeats the request, unless it is asked not to; success only its header. */
static void acknowledge(const struct netlink_request *request, int result)
{
	const struct nlmsgerr error = { .error = result, .msg = request->header };
	const bool repeats = result < 0 && !request->asker->capped && request->size <= ECHO_MOST;
	const bool explains = request->asker->explained && result < 0 && request->complaint;
	const uint16_t flags =
		(uint16_t)((repeats ? 0 : NLM_F_CAPPED) | (explains ? NLM_F_ACK_TLVS : 0));

	netlink_begin(request->writer, NLMSG_ERROR, flags, &error, sizeof error);
	if (repeats)
		netlink_put_raw(request->writer, request->payload, request->size);
	if (explains)
		netlink_put_text(request->writer, NLMSGERR_ATTR_MSG, request->complaint);
	netlink_end(request->writer);
}

static int handle(struct netlink_request *request)
{
	return request->asker->protocol == NETLINK_ROUTE ? netlink_route(request)
							 : netlink_diag(request);
}

/* netlink_rcv_skb of Linux. */
static void answer_one(struct netlink_request *request)
{
	const struct nlmsghdr *header = &request->header;
	const bool is_asked =
		header->nlmsg_flags & NLM_F_REQUEST && header->nlmsg_type >= NLMSG_MIN_TYPE;

	request->writer->sequence = header->nlmsg_seq;
	int result = is_asked ? handle(request) : 0;
	if (result != NETLINK_DUMPED) /* an acknowledgement comes by itself */
		netlink_flush(request->writer);
	if (result == NETLINK_DUMPED)
		end_dump(request->writer);
	else if (result < 0 || header->nlmsg_flags & NLM_F_ACK)
		acknowledge(request, result);
	netlink_flush(request->writer);
}

void netlink_answer(const struct netlink_asker *asker, struct netlink_writer *writer,
		    const void *datagram, size_t size)
{
	const uint8_t *at = datagram;

	while (size >= sizeof(struct nlmsghdr)) {
		struct netlink_request request = { .asker = asker, .writer = writer };
		memcpy(&request.header, at, sizeof request.header);
		const size_t whole = request.header.nlmsg_len;
		if (whole < sizeof request.header || whole > size)
			return;
		request.payload = at + sizeof request.header;
		request.size = whole - sizeof request.header;
		answer_one(&request);
		const size_t padded = NLMSG_ALIGN(whole) < size ? NLMSG_ALIGN(whole) : size;
		at += padded;
		size -= padded;
	}
}
