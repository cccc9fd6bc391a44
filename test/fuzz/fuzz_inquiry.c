/* Any bytes as what a guest asks about the network: a netlink datagram, a path, a file's name, a query to the resolver. The
 * first byte says which. */
#include "daemon/daemon.h"
#include "daemon/resolver.h"
#include "inquiry/files.h"
#include "inquiry/netlink.h"
#include "inquiry/path.h"

#include <stdlib.h>
#include <string.h>

static struct daemon lan;
static struct berth_host *host;
static struct netlink_writer writer;

static void *take(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void give(void *context, void *at, size_t size)
{
	(void)context, (void)size;
	free(at);
}

static void ignore_frame(void *context, const struct iovec *pieces, int count)
{
	(void)context, (void)pieces, (void)count;
}

/* Every message of an answer is whole. */
static void check(void *context, const void *datagram, size_t size)
{
	const uint8_t *at = datagram;
	struct nlmsghdr header;
	(void)context;

	for (size_t left = size; left > 0; left -= header.nlmsg_len, at += header.nlmsg_len) {
		if (left < sizeof header)
			abort();
		memcpy(&header, at, sizeof header);
		if (header.nlmsg_len < sizeof header || header.nlmsg_len > left)
			abort();
	}
}

static uint64_t complete(void *context, struct berth_socket_info *info)
{
	(void)context;
	return (uint64_t)info->descriptor;
}

static void begin(void)
{
	static const struct berth_allocator allocator = { take, give, NULL };
	const struct berth_host_config config = { .allocator = &allocator };
	const struct berth_interface_config link = { .mac = { 2 }, .transmit = ignore_frame };
	const struct in_addr address = { htonl(0x0a4d0001) };

	TAILQ_INIT(&lan.hosts);
	writer.send = check;
	host = berth_host_new(&config);
	berth_interface_add(host, &link);
	berth_address_add(host, 2, address, 16);
	berth_socket(host, AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static void ask_netlink(uint8_t choice, const uint8_t *data, size_t size)
{
	const struct netlink_asker asker = { .host = host,
					     .protocol =
						     choice & 1 ? NETLINK_ROUTE : NETLINK_SOCK_DIAG,
					     .strict = choice & 2,
					     .capped = choice & 4,
					     .explained = choice & 8,
					     .complete = complete };
	netlink_answer(&asker, &writer, data, size);
}

static void ask_path(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1);

	if (!path)
		return;
	memcpy(path, data, size);
	path[size] = '\0';
	const char *name = path_tells(path);
	if (name && !path_may_tell(name))
		abort();
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t answer[RESOLVER_ANSWER_MOST];

	if (!host)
		begin();
	if (size == 0)
		return 0;
	if (data[0] < 0x80)
		ask_netlink(data[0], data + 1, size - 1);
	else if (data[0] < 0xc0)
		resolver_answer(&lan, data + 1, size - 1, answer);
	else
		ask_path(data + 1, size - 1);
	return 0;
}
