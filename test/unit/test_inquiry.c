/* What programs ask about a host's network, answered without a kernel: netlink datagrams in and out, byte by byte, and
 * ioctl's structures. */
#include "inquiry/changes.h"
#include "inquiry/diag_filter.h"
#include "inquiry/files.h"
#include "inquiry/netlink.h"
#include "inquiry/path.h"
#include "inquiry/request.h"

#include "unit/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <net/if_arp.h>

struct world {
	struct counted_memory memory;
	struct berth_host *host;
	struct netlink_asker asker;
	struct netlink_writer writer;
	uint8_t answers[1 << 18];
	size_t size, datagrams, largest;
};

static void ignore(void *context, const struct iovec *pieces, int count)
{
	(void)context, (void)pieces, (void)count;
}

static void collect(void *context, const void *datagram, size_t size)
{
	struct world *world = context;

	assert_true(world->size + size <= sizeof world->answers);
	memcpy(world->answers + world->size, datagram, size);
	world->size += size;
	world->datagrams++;
	if (size > world->largest)
		world->largest = size;
}

static uint64_t complete(void *context, struct berth_socket_info *info)
{
	(void)context;
	return 1000 + (uint64_t)info->descriptor;
}

static struct world *new_world(int protocol)
{
	struct world *world = calloc(1, sizeof *world);
	const struct berth_interface_config link = { .mac = { 2, 0, 10, 77, 0, 9 },
						     .transmit = ignore };
	struct in_addr address;

	assert_non_null(world);
	counted_memory_init(&world->memory);
	world->host = berth_host_new(
		&(struct berth_host_config){ .allocator = &world->memory.allocator });
	assert_non_null(world->host);
	assert_int_equal(berth_interface_add(world->host, &link), 2);
	inet_pton(AF_INET, "10.77.0.9", &address);
	assert_int_equal(berth_address_add(world->host, 2, address, 16), 0);
	world->asker = (struct netlink_asker){ .host = world->host,
					       .protocol = protocol,
					       .complete = complete };
	world->writer.send = collect;
	world->writer.context = world;
	world->writer.port = 77;
	return world;
}

static void close_world(struct world *world)
{
	berth_host_free(world->host);
	check_nothing_leaked(&world->memory);
	free(world);
}

static void ask_bytes(struct world *world, const void *request, size_t size)
{
	world->size = world->datagrams = world->largest = 0;
	netlink_answer(&world->asker, &world->writer, request, size);
}

/* A request of a header and, perhaps, an attribute. */
struct asked {
	struct nlmsghdr header;
	uint8_t rest[128];
};

static struct asked request_of(uint16_t type, uint16_t flags, const void *header, size_t size)
{
	struct asked asked = { .header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
					   .nlmsg_type = type,
					   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
					   .nlmsg_seq = 5 } };
	memcpy(asked.rest, header, size);
	return asked;
}

static void add_attribute(struct asked *asked, uint16_t type, const void *value, size_t size)
{
	const struct rtattr attribute = { (unsigned short)RTA_LENGTH(size), type };
	uint8_t *at = asked->rest + NLMSG_ALIGN(asked->header.nlmsg_len) - sizeof asked->header;

	memcpy(at, &attribute, sizeof attribute);
	memcpy(at + sizeof attribute, value, size);
	asked->header.nlmsg_len = NLMSG_ALIGN(asked->header.nlmsg_len) + RTA_SPACE(size);
}

static void ask(struct world *world, const struct asked *asked)
{
	ask_bytes(world, asked, asked->header.nlmsg_len);
}

/* The message of that place among the answers; they are all as they should be. */
static struct nlmsghdr message_at(const struct world *world, size_t place, const uint8_t **payload)
{
	struct nlmsghdr header;
	size_t at = 0;

	for (;; at += NLMSG_ALIGN(header.nlmsg_len)) {
		assert_true(at + sizeof header <= world->size);
		memcpy(&header, world->answers + at, sizeof header);
		assert_in_range(header.nlmsg_len, sizeof header, world->size - at);
		if (place-- == 0)
			break;
	}
	*payload = world->answers + at + sizeof header;
	return header;
}

static void check_error(const struct world *world, int error)
{
	const uint8_t *payload;
	const struct nlmsghdr header = message_at(world, 0, &payload);
	int32_t told;

	assert_int_equal(header.nlmsg_type, NLMSG_ERROR);
	memcpy(&told, payload, sizeof told);
	assert_int_equal(told, error);
}

static void a_dump_of_addresses_is_what_linux_would_say(void **state)
{
	static const uint8_t expected[] = {
		/* header: 80 bytes, RTM_NEWADDR, multi, sequence 5, port 77 */
		80, 0, 0, 0, 20, 0, 2, 0, 5, 0, 0, 0, 77, 0, 0, 0,
		/* AF_INET, /16, permanent, universe, index 2 */
		2, 16, 0x80, 0, 2, 0, 0, 0,
		/* address, local, broadcast */
		8, 0, 1, 0, 10, 77, 0, 9, 8, 0, 2, 0, 10, 77, 0, 9, 8, 0, 4, 0, 10, 77, 255, 255,
		/* label */
		9, 0, 3, 0, 'e', 't', 'h', '0', 0, 0, 0, 0,
		/* flags, then how long it lives */
		8, 0, 8, 0, 0x80, 0, 0, 0, 20, 0, 6, 0, 0xff, 0xff, 0xff, 0xff
	};
	struct world *world = new_world(NETLINK_ROUTE);
	const struct ifaddrmsg header = { .ifa_family = AF_INET };
	const struct asked asked = request_of(RTM_GETADDR, NLM_F_DUMP, &header, sizeof header);
	const uint8_t *payload;
	(void)state;

	ask(world, &asked);
	struct nlmsghdr found = message_at(world, 1, &payload);
	assert_int_equal(found.nlmsg_len, 16 + 8 + 24 + 12 + 8 + 20);
	assert_memory_equal(payload, expected + 16, sizeof expected - 16);
	assert_memory_equal((const uint8_t *)payload - 12, expected + 4, 12);
	found = message_at(world, 2, &payload);
	assert_int_equal(found.nlmsg_type, NLMSG_DONE);
	close_world(world);
}

static void one_interface_is_found_by_number_and_by_name(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	struct ifinfomsg header = { .ifi_index = 2 };
	const uint8_t *payload;
	(void)state;

	struct asked asked = request_of(RTM_GETLINK, 0, &header, sizeof header);
	ask(world, &asked);
	assert_int_equal(message_at(world, 0, &payload).nlmsg_type, RTM_NEWLINK);
	memcpy(&header, payload, sizeof header);
	assert_int_equal(header.ifi_index, 2);
	assert_int_equal(header.ifi_type, ARPHRD_ETHER);

	header = (struct ifinfomsg){ 0 };
	asked = request_of(RTM_GETLINK, 0, &header, sizeof header);
	add_attribute(&asked, IFLA_IFNAME, "lo", 3);
	ask(world, &asked);
	message_at(world, 0, &payload);
	memcpy(&header, payload, sizeof header);
	assert_int_equal(header.ifi_index, 1);
	assert_int_equal(header.ifi_type, ARPHRD_LOOPBACK);

	header = (struct ifinfomsg){ .ifi_index = 3 };
	asked = request_of(RTM_GETLINK, 0, &header, sizeof header);
	ask(world, &asked);
	check_error(world, -ENODEV);
	close_world(world);
}

static void whatever_would_change_something_is_not_permitted(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	const uint8_t header[16] = { 0 };
	(void)state;

	for (uint16_t type = RTM_BASE; type <= RTM_MAX; type++) {
		const struct asked asked = request_of(type, NLM_F_ACK, header, sizeof header);
		ask(world, &asked);
		if ((type - RTM_BASE) % 4 != 2)
			check_error(world, -EPERM);
	}
	close_world(world);
}

static void strict_checking_makes_a_dump_a_question(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	const struct rtmsg main_table = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN };
	const struct asked routes =
		request_of(RTM_GETROUTE, NLM_F_DUMP, &main_table, sizeof main_table);
	const struct ifaddrmsg lo = { .ifa_index = 1, .ifa_family = AF_INET };
	const struct asked addresses = request_of(RTM_GETADDR, NLM_F_DUMP, &lo, sizeof lo);
	const uint8_t *payload;
	(void)state;

	ask(world, &routes);
	assert_int_equal(message_at(world, 1, &payload).nlmsg_type, RTM_NEWROUTE);
	ask(world, &addresses);
	assert_int_equal(message_at(world, 1, &payload).nlmsg_type, RTM_NEWADDR);
	world->asker.strict = true;
	ask(world, &routes);
	assert_int_equal(message_at(world, 1, &payload).nlmsg_type, NLMSG_DONE);
	ask(world, &addresses);
	assert_int_equal(message_at(world, 1, &payload).nlmsg_type, NLMSG_DONE);
	close_world(world);
}

static void the_way_to_an_address_is_told(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	const struct rtmsg to = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
	const uint8_t near[] = { 10, 77, 3, 3 }, far[] = { 192, 0, 2, 1 };
	const uint8_t *payload;
	struct rtmsg found;
	(void)state;

	struct asked asked = request_of(RTM_GETROUTE, 0, &to, sizeof to);
	add_attribute(&asked, RTA_DST, near, sizeof near);
	ask(world, &asked);
	message_at(world, 0, &payload);
	memcpy(&found, payload, sizeof found);
	assert_int_equal(found.rtm_type, RTN_UNICAST);
	assert_int_equal(found.rtm_dst_len, 32);

	asked = request_of(RTM_GETROUTE, 0, &to, sizeof to);
	add_attribute(&asked, RTA_DST, far, sizeof far);
	ask(world, &asked);
	check_error(world, -ENETUNREACH);
	close_world(world);
}

/* No datagram is larger than what programs have room for, and every row is there. */
static void a_long_dump_comes_in_datagrams_of_a_page(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	const struct ifaddrmsg header = { .ifa_family = AF_INET };
	const struct asked asked = request_of(RTM_GETADDR, NLM_F_DUMP, &header, sizeof header);
	const uint8_t *payload;
	struct in_addr address;
	(void)state;

	inet_pton(AF_INET, "10.77.1.1", &address);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(berth_address_add(world->host, 2, address, 16), 0);
		address.s_addr = htonl(ntohl(address.s_addr) + 1);
	}
	ask(world, &asked);
	assert_true(world->datagrams > 1);
	assert_true(world->largest <= NETLINK_DATAGRAM_SIZE);
	for (size_t i = 0; i < 62; i++)
		assert_int_equal(message_at(world, i, &payload).nlmsg_type, RTM_NEWADDR);
	assert_int_equal(message_at(world, 62, &payload).nlmsg_type, NLMSG_DONE);
	close_world(world);
}

static void sockets_are_listed_by_protocol_and_state(void **state)
{
	struct world *world = new_world(NETLINK_SOCK_DIAG);
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct inet_diag_req_v2 wanted = { .sdiag_family = AF_INET,
					   .sdiag_protocol = IPPROTO_TCP,
					   .idiag_states = UINT32_MAX };
	struct inet_diag_msg row;
	const uint8_t *payload;
	(void)state;

	const int listener = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
		berth_bind(world->host, listener, (const struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(berth_listen(world->host, listener, 5), 0);
	struct asked asked = request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &wanted, sizeof wanted);
	ask(world, &asked);
	assert_int_equal(message_at(world, 0, &payload).nlmsg_type, SOCK_DIAG_BY_FAMILY);
	memcpy(&row, payload, sizeof row);
	assert_int_equal(row.idiag_state, 10);
	assert_int_equal(ntohs(row.id.idiag_sport), 80);
	assert_int_equal(row.idiag_inode, 1000 + listener);
	assert_int_equal(message_at(world, 1, &payload).nlmsg_type, NLMSG_DONE);

	wanted.idiag_states = 1 << 1;
	asked = request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &wanted, sizeof wanted);
	ask(world, &asked);
	assert_int_equal(message_at(world, 0, &payload).nlmsg_type, NLMSG_DONE);

	wanted.sdiag_family = AF_UNIX;
	asked = request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &wanted, sizeof wanted);
	ask(world, &asked);
	check_error(world, -ENOENT);
	close_world(world);
}

/* Port 80 at the source, as ss makes it of "sport = :80": one step with its operand. */
static const uint8_t port_80[] = { INET_DIAG_BC_S_EQ, 8, 12, 0, 0, 0, 80, 0 };

static void a_filter_lets_through_what_it_says(void **state)
{
	/* From 10.77.0.0/16, any port. */
	const uint8_t network[] = { INET_DIAG_BC_S_COND,
				    16,
				    20,
				    0,
				    AF_INET,
				    16,
				    0,
				    0,
				    0xff,
				    0xff,
				    0xff,
				    0xff,
				    10,
				    77,
				    0,
				    0 };
	struct inet_diag_msg row = { .idiag_family = AF_INET };
	struct diag_filter filter = { port_80, sizeof port_80 };
	(void)state;

	row.id.idiag_sport = htons(80);
	row.id.idiag_src[0] = htonl(0x0a4d0009);
	assert_true(diag_filter_holds(&filter));
	assert_true(diag_filter_passes(&filter, &row));
	row.id.idiag_sport = htons(81);
	assert_false(diag_filter_passes(&filter, &row));

	filter = (struct diag_filter){ network, sizeof network };
	assert_true(diag_filter_holds(&filter));
	assert_true(diag_filter_passes(&filter, &row));
	row.id.idiag_src[0] = htonl(0x0a4e0009);
	assert_false(diag_filter_passes(&filter, &row));
	filter = (struct diag_filter){ NULL, 0 };
	assert_true(diag_filter_passes(&filter, &row));
}

static void a_damaged_filter_ends(void **state)
{
	const struct inet_diag_msg row = { .idiag_family = AF_INET6 };
	(void)state;

	for (size_t bit = 0; bit < 8 * sizeof port_80; bit++) {
		for (size_t size = 0; size <= sizeof port_80; size++) {
			uint8_t *code = malloc(size ? size : 1);
			assert_non_null(code);
			memcpy(code, port_80, size);
			if (bit / 8 < size)
				code[bit / 8] ^= (uint8_t)(1 << bit % 8);
			const struct diag_filter filter = { code, size };
			if (diag_filter_holds(&filter))
				diag_filter_passes(&filter, &row);
			free(code);
		}
	}
}

struct told {
	unsigned group, groups[8];
	uint16_t types[8];
	size_t count;
};

static void note(void *context, const void *datagram, size_t size)
{
	struct told *told = context;
	struct nlmsghdr header;

	assert_true(size >= sizeof header && told->count < COUNT_OF(told->groups));
	memcpy(&header, datagram, sizeof header);
	assert_int_equal(header.nlmsg_len, size);
	assert_int_equal(header.nlmsg_pid | header.nlmsg_seq, 0);
	told->groups[told->count] = told->group;
	told->types[told->count++] = header.nlmsg_type;
}

static void what_has_changed_is_told_to_its_group(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	struct netlink_writer *writer = &world->writer;
	struct told told = { 0 };
	struct inventory before, now;
	struct in_addr address;
	(void)state;

	writer->send = note;
	writer->context = &told;
	writer->port = writer->sequence = 0;
	assert_true(inventory_take(&before, world->host));
	changes_tell(&before, &before, writer, &told.group);
	assert_int_equal(told.count, 0);

	inet_pton(AF_INET, "10.78.0.9", &address);
	assert_int_equal(berth_address_add(world->host, 2, address, 24), 0);
	assert_true(inventory_take(&now, world->host));
	changes_tell(&before, &now, writer, &told.group);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.types[0], RTM_NEWADDR);
	assert_int_equal(told.groups[0], RTNLGRP_IPV4_IFADDR);
	assert_int_equal(told.types[1], RTM_NEWROUTE);
	assert_int_equal(told.groups[1], RTNLGRP_IPV4_ROUTE);
	changes_tell(&now, &before, writer, &told.group);
	assert_int_equal(told.types[2], RTM_DELADDR);
	assert_int_equal(told.types[3], RTM_DELROUTE);
	inventory_close(&before);
	inventory_close(&now);
	close_world(world);
}

static void try_all_damage(struct world *world, const struct asked *asked)
{
	const uint8_t *payload;
	const size_t size = asked->header.nlmsg_len;

	for (size_t part = 0; part <= size; part++) {
		uint8_t *exactly = malloc(part ? part : 1);
		assert_non_null(exactly);
		memcpy(exactly, asked, part);
		ask_bytes(world, exactly, part);
		free(exactly);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct asked damaged = *asked;
		((uint8_t *)&damaged)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ask_bytes(world, &damaged, size);
		if (world->size > 0)
			message_at(world, 0, &payload);
	}
}

static void damaged_requests_do_no_harm(void **state)
{
	static const uint16_t types[] = { RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH,
					  RTM_GETRULE };
	const uint8_t address[] = { 10, 77, 0, 9 };
	(void)state;

	for (size_t i = 0; i < 2 * COUNT_OF(types); i++) {
		struct world *world = new_world(NETLINK_ROUTE);
		const uint8_t header[16] = { AF_INET };
		struct asked asked = request_of(types[i / 2], i % 2 ? NLM_F_DUMP : NLM_F_ACK,
						header, sizeof header);
		world->asker.explained = world->asker.strict = i % 2;
		add_attribute(&asked, RTA_DST, address, sizeof address);
		add_attribute(&asked, IFLA_IFNAME, "eth0", 5);
		try_all_damage(world, &asked);
		close_world(world);
	}
	struct world *world = new_world(NETLINK_SOCK_DIAG);
	const struct inet_diag_req_v2 wanted = { .sdiag_family = AF_INET,
						 .sdiag_protocol = IPPROTO_UDP,
						 .idiag_states = UINT32_MAX };
	const struct asked asked =
		request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &wanted, sizeof wanted);
	try_all_damage(world, &asked);
	close_world(world);
}

static void an_interface_is_asked_for_by_ioctl(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	struct ifreq request = { .ifr_name = "eth0" }, list[8];
	const struct sockaddr_in *in = (const struct sockaddr_in *)&request.ifr_addr;
	(void)state;

	assert_int_equal(request_answer(world->host, AF_INET, SIOCGIFADDR, &request), 0);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x0a4d0009);
	assert_int_equal(request_answer(world->host, AF_INET, SIOCGIFNETMASK, &request), 0);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0xffff0000);
	assert_int_equal(request_answer(world->host, AF_INET, SIOCGIFBRDADDR, &request), 0);
	assert_int_equal(ntohl(in->sin_addr.s_addr), 0x0a4dffff);
	assert_int_equal(request_answer(world->host, AF_UNIX, SIOCGIFADDR, &request), -ENOTTY);
	assert_int_equal(request_answer(world->host, AF_UNIX, SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1500);
	assert_int_equal(request_answer(world->host, AF_INET, SIOCSIFMTU, &request), -EPERM);
	memset(request.ifr_name, 'x', sizeof request.ifr_name);
	assert_int_equal(request_answer(world->host, AF_INET, SIOCGIFMTU, &request), -ENODEV);
	assert_int_equal(request_list(world->host, list, COUNT_OF(list)), 2);
	assert_string_equal(list[0].ifr_name, "lo");
	assert_string_equal(list[1].ifr_name, "eth0");
	assert_int_equal(request_list(world->host, list, 0), 2);
	close_world(world);
}

static void a_path_is_known_by_any_of_its_names(void **state)
{
	static const struct {
		const char *path, *name;
	} paths[] = {
		{ "/proc/net/tcp", "net/tcp" },
		{ "//proc/./net//tcp", "net/tcp" },
		{ "/proc/self/net/tcp6", "net/tcp6" },
		{ "/proc/thread-self/net/dev", "net/dev" },
		{ "/proc/17/net/dev", "net/dev" },
		{ "/proc/17/task/18/net/route", "net/route" },
		{ "/proc/self/task/18/net/route", "net/route" },
		{ "/proc/net/../net/arp", "net/arp" },
		{ "/etc/hosts", "etc/hosts" },
		{ "/usr/../etc/resolv.conf", "etc/resolv.conf" },
		{ "/proc/sys/kernel/hostname", "kernel/hostname" },
		{ "/proc/sys/net/ipv4/tcp_sack", "net.ipv4.tcp_sack" },
		{ "/proc/sys/net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding" },
		{ "/proc/sys/net/ipv6/conf/eth0/forwarding", NULL },
		{ "/proc/sys/net.ipv4.tcp_sack", NULL },
		{ "/proc/sys/net/ipv4/tcp_fack", NULL },
		{ "/proc/sys/net/ipv4", NULL },
		{ "/proc/net/unix", NULL },
		{ "/proc/net", NULL },
		{ "/proc/net/tcp/", "net/tcp" },
		{ "/proc/x17/net/dev", NULL },
		{ "/proc/17/dev", NULL },
		{ "/home/etc/hosts", NULL },
		{ "/etc/hosts.allow", NULL },
		{ "/../../etc/hosts", "etc/hosts" },
		{ "/kernel/hostname", NULL },
		{ "/proc/kernel/hostname", NULL },
		{ "/net/tcp", NULL },
		{ "/", NULL },
		{ "", NULL },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		const char *name = path_tells(paths[i].path);
		assert_true((name == NULL) == (paths[i].name == NULL));
		if (name)
			assert_string_equal(name, paths[i].name);
	}
	assert_true(path_may_tell("tcp"));
	assert_true(path_may_tell("../net/tcp"));
	assert_true(path_may_tell("ipv4/tcp_sack"));
	assert_false(path_may_tell("/usr/lib/libc.so.6"));
	assert_false(path_may_tell(""));
}

static void a_path_that_is_too_long_is_none(void **state)
{
	char path[3 * 4096];
	(void)state;

	memset(path, 'x', sizeof path);
	path[0] = '/';
	memcpy(path + sizeof path - 11, "/etc/hosts", 11);
	assert_null(path_tells(path));
}

static void check_file(struct world *world, const char *name, const char *expected)
{
	const struct file_reader reader = { .host = world->host, .uid = 5, .complete = complete };
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	assert_int_equal(file_write(&reader, name, to), 0);
	fclose(to);
	assert_non_null(strstr(text, expected));
	free(text);
}

static void files_say_what_linux_would(void **state)
{
	struct world *world = new_world(NETLINK_ROUTE);
	const struct file_reader reader = { .host = world->host, .complete = complete };
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(80) };
	(void)state;

	const int listener = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
		berth_bind(world->host, listener, (const struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(berth_listen(world->host, listener, 5), 0);
	check_file(world, "net/tcp",
		   "\n   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  "
		   "   5        0 100");
	check_file(world, "net/route", "\neth0\t00004D0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t");
	check_file(world, "net/dev", "\n  eth0:       0       0    0    0    0     0          0 ");
	check_file(world, "net/arp", "IP address       HW type     Flags       HW address ");
	check_file(world, "net/udp", "  sl  local_address rem_address   st ");
	check_file(world, "net/sockstat", "TCP: inuse 1 ");
	assert_int_equal(file_write(&reader, "net/fib_trie", stderr), -ENOENT);
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_of_addresses_is_what_linux_would_say),
		cmocka_unit_test(one_interface_is_found_by_number_and_by_name),
		cmocka_unit_test(whatever_would_change_something_is_not_permitted),
		cmocka_unit_test(strict_checking_makes_a_dump_a_question),
		cmocka_unit_test(the_way_to_an_address_is_told),
		cmocka_unit_test(a_long_dump_comes_in_datagrams_of_a_page),
		cmocka_unit_test(sockets_are_listed_by_protocol_and_state),
		cmocka_unit_test(damaged_requests_do_no_harm),
		cmocka_unit_test(an_interface_is_asked_for_by_ioctl),
		cmocka_unit_test(a_filter_lets_through_what_it_says),
		cmocka_unit_test(a_damaged_filter_ends),
		cmocka_unit_test(what_has_changed_is_told_to_its_group),
		cmocka_unit_test(a_path_is_known_by_any_of_its_names),
		cmocka_unit_test(a_path_that_is_too_long_is_none),
		cmocka_unit_test(files_say_what_linux_would),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
