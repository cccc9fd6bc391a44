/* Packet sockets, as a program sees them: on one host, and on two. */
#include "unit/socket_world.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>

enum { LO = 1, LINK = 2, LINK_HEADER = 14, HEADERS = LINK_HEADER + 20 + 8 };
enum { ETHERTYPE_NOBODYS = 0x88b5 }; /* for experiments: IEEE 802, 9.2.3 */

static const uint8_t client_mac[6] = { 2, 0, 0, 0, 0, 1 }, server_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t no_mac[6] = { 0 };

/* What the hosts announce of themselves has been heard. */
static void quiet_lan(struct world *world)
{
	world_on_lan(world);
	carry(world);
}

static int make(struct berth_host *host, int type, int protocol)
{
	int descriptor = berth_socket(host, AF_PACKET, type, htons((uint16_t)protocol));
	assert_true(descriptor >= 0);
	return descriptor;
}

static struct sockaddr_ll link_name(int interface, int protocol, const uint8_t mac[6])
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons((uint16_t)protocol),
		.sll_ifindex = interface,
		.sll_halen = 6,
	};
	memcpy(name.sll_addr, mac, 6);
	return name;
}

static int bind_link(struct berth_host *host, int descriptor, int interface, int protocol)
{
	struct sockaddr_ll name = link_name(interface, protocol, no_mac);
	return berth_bind(host, descriptor, (struct sockaddr *)&name, sizeof name);
}

static ssize_t send_link(struct berth_host *host, int descriptor, const void *data, size_t size,
			 int interface, int protocol, const uint8_t mac[6])
{
	struct sockaddr_ll to = link_name(interface, protocol, mac);
	return berth_sendto(host, descriptor, data, size, 0, (struct sockaddr *)&to, sizeof to);
}

static ssize_t take(struct berth_host *host, int descriptor, uint8_t *to, size_t size,
		    struct sockaddr_ll *from)
{
	*from = (struct sockaddr_ll){ 0 };
	return berth_recvfrom(host, descriptor, to, size, 0, (struct sockaddr *)from,
			      &(socklen_t){ sizeof *from });
}

static void check_from(const struct sockaddr_ll *from, int interface, int protocol, int hardware,
		       int type, const uint8_t mac[6])
{
	assert_int_equal(from->sll_family, AF_PACKET);
	assert_int_equal(from->sll_ifindex, interface);
	assert_int_equal(ntohs(from->sll_protocol), protocol);
	assert_int_equal(from->sll_hatype, hardware);
	assert_int_equal(from->sll_pkttype, type);
	assert_int_equal(from->sll_halen, 6);
	assert_memory_equal(from->sll_addr, mac, 6);
}

static void send_datagram(struct berth_host *host, uint32_t address)
{
	int udp = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = name_of(address, 53);
	assert_int_equal(bind_to(host, udp, INADDR_ANY, 1053), 0);
	assert_int_equal(berth_sendto(host, udp, "hi", 2, 0, (struct sockaddr *)&to, sizeof to), 2);
	assert_int_equal(berth_close(host, udp), 0);
}

static void both_hosts_see_the_question_the_answer_and_the_datagram(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[2000];
	int near = make(world.client_host, SOCK_RAW, ETH_P_ALL);
	int far = make(world.server_host, SOCK_RAW, ETH_P_ALL);
	send_datagram(world.client_host, world.server_address);
	carry(&world);

	assert_int_equal(take(world.client_host, near, frame, sizeof frame, &from), 42);
	check_from(&from, LINK, ETH_P_ARP, ARPHRD_ETHER, PACKET_OUTGOING, client_mac);
	assert_int_equal(take(world.client_host, near, frame, sizeof frame, &from), 42);
	check_from(&from, LINK, ETH_P_ARP, ARPHRD_ETHER, PACKET_HOST, server_mac);
	assert_int_equal(take(world.client_host, near, frame, sizeof frame, &from), HEADERS + 2);
	check_from(&from, LINK, ETH_P_IP, ARPHRD_ETHER, PACKET_OUTGOING, client_mac);

	assert_int_equal(take(world.server_host, far, frame, sizeof frame, &from), 42);
	check_from(&from, LINK, ETH_P_ARP, ARPHRD_ETHER, PACKET_BROADCAST, client_mac);
	assert_int_equal(take(world.server_host, far, frame, sizeof frame, &from), 42);
	check_from(&from, LINK, ETH_P_ARP, ARPHRD_ETHER, PACKET_OUTGOING, server_mac);
	assert_int_equal(take(world.server_host, far, frame, sizeof frame, &from), HEADERS + 2);
	check_from(&from, LINK, ETH_P_IP, ARPHRD_ETHER, PACKET_HOST, client_mac);
	const uint8_t begins[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 30 };
	const uint8_t ends[] = { 0x04, 0x1d, 0, 53, 0, 10 };
	assert_memory_equal(frame, begins, sizeof begins);
	assert_memory_equal(frame + LINK_HEADER + 20, ends, sizeof ends);
	assert_memory_equal(frame + HEADERS, "hi", 2);
	assert_int_not_equal(frame[HEADERS - 2] << 8 | frame[HEADERS - 1], 0); /* its checksum */
	world_close(&world);
}

static void a_frame_goes_as_it_is_and_a_cooked_one_gets_its_header(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[100];
	const uint8_t sent[] = { 2, 0, 0, 0, 0, 2, 6, 6, 6, 6, 6, 6, 0x88, 0xb5, 'h', 'e', 'y' };
	int raw = make(world.client_host, SOCK_RAW, 0);
	int cooked = make(world.client_host, SOCK_DGRAM, 0);
	int hears_raw = make(world.server_host, SOCK_RAW, ETHERTYPE_NOBODYS);
	int hears_cooked = make(world.server_host, SOCK_DGRAM, ETHERTYPE_NOBODYS);
	assert_int_equal(send_link(world.client_host, raw, sent, sizeof sent, LINK, 0, no_mac),
			 sizeof sent);
	assert_int_equal(
		send_link(world.client_host, cooked, "you", 3, LINK, ETHERTYPE_NOBODYS, server_mac),
		3);
	carry(&world);

	assert_int_equal(take(world.server_host, hears_raw, frame, sizeof frame, &from),
			 sizeof sent);
	assert_memory_equal(frame, sent, sizeof sent);
	check_from(&from, LINK, ETHERTYPE_NOBODYS, ARPHRD_ETHER, PACKET_HOST, sent + 6);
	assert_int_equal(take(world.server_host, hears_raw, frame, sizeof frame, &from), 17);
	assert_memory_equal(frame, server_mac, 6);
	assert_memory_equal(frame + 6, client_mac, 6);
	assert_int_equal(take(world.server_host, hears_cooked, frame, sizeof frame, &from), 3);
	assert_memory_equal(frame, "hey", 3);
	assert_int_equal(take(world.server_host, hears_cooked, frame, sizeof frame, &from), 3);
	assert_memory_equal(frame, "you", 3);
	check_from(&from, LINK, ETHERTYPE_NOBODYS, ARPHRD_ETHER, PACKET_HOST, client_mac);
	assert_int_equal(take(world.server_host, hears_cooked, frame, sizeof frame, &from),
			 -EAGAIN);
	world_close(&world);
}

static void lo_shows_what_goes_out_and_comes_in_again_with_a_header_of_zeros(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[100];
	const uint8_t begins[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0x45 };
	struct berth_host *host = world.client_host;
	int all = make(host, SOCK_RAW, ETH_P_ALL), ip = make(host, SOCK_DGRAM, ETH_P_IP);
	send_datagram(host, INADDR_LOOPBACK);
	assert_int_equal(take(host, all, frame, sizeof frame, &from), HEADERS + 2);
	check_from(&from, LO, ETH_P_IP, ARPHRD_LOOPBACK, PACKET_OUTGOING, no_mac);
	assert_memory_equal(frame, begins, sizeof begins);
	assert_int_equal(take(host, all, frame, sizeof frame, &from), HEADERS + 2);
	check_from(&from, LO, ETH_P_IP, ARPHRD_LOOPBACK, PACKET_HOST, no_mac);
	assert_int_equal(take(host, ip, frame, sizeof frame, &from), 30);
	assert_int_equal(take(host, ip, frame, sizeof frame, &from), -EAGAIN);
	world_close(&world);
}

static void a_packet_sent_on_lo_arrives(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	struct sockaddr_ll from;
	uint8_t frame[100];
	int raw = make(host, SOCK_RAW, ETH_P_ALL), udp = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(host, udp, INADDR_ANY, 53), 0);
	send_datagram(host, INADDR_LOOPBACK);
	ssize_t size = take(host, raw, frame, sizeof frame, &from);
	assert_int_equal(take(host, raw, frame, sizeof frame, &from), size);
	carry(&world);
	assert_int_equal(berth_recv(host, udp, frame + 50, 10, 0), 2);
	assert_int_equal(send_link(host, raw, frame, (size_t)size, LO, 0, no_mac), size);
	carry(&world);
	assert_int_equal(berth_recv(host, udp, frame + 50, 10, 0), 2);
	/* Whoever sends a frame does not see it go, but come. */
	assert_int_equal(take(host, raw, frame, sizeof frame, &from), size);
	check_from(&from, LO, ETH_P_IP, ARPHRD_LOOPBACK, PACKET_HOST, no_mac);
	assert_int_equal(take(host, raw, frame, sizeof frame, &from), -EAGAIN);
	frame[12] = 0x86;
	frame[13] = 0xff;
	assert_int_equal(send_link(host, raw, frame, 20, LO, 0, no_mac), 20);
	carry(&world);
	world_close(&world);
}

static void names_are_as_linux_tells_them(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct berth_host *host = world.client_host;
	struct sockaddr_ll name = { 0 };
	socklen_t size = sizeof name;
	int made = make(host, SOCK_RAW, ETH_P_ALL);
	assert_int_equal(berth_getsockname(host, made, (struct sockaddr *)&name, &size), 0);
	assert_int_equal(size, 12);
	assert_int_equal(bind_link(host, made, LINK, 0), 0);
	size = sizeof name;
	assert_int_equal(berth_getsockname(host, made, (struct sockaddr *)&name, &size), 0);
	assert_int_equal(size, 18);
	check_from(&name, LINK, ETH_P_ALL, ARPHRD_ETHER, PACKET_HOST, client_mac);
	assert_int_equal(bind_link(host, made, LO, ETH_P_ARP), 0);
	size = sizeof name;
	assert_int_equal(berth_getsockname(host, made, (struct sockaddr *)&name, &size), 0);
	check_from(&name, LO, ETH_P_ARP, ARPHRD_LOOPBACK, PACKET_HOST, no_mac);
	assert_int_equal(berth_getpeername(host, made, (struct sockaddr *)&name, &size),
			 -EOPNOTSUPP);
	world_close(&world);
}

static void what_linux_refuses_is_refused(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct berth_host *host = world.client_host;
	const struct sockaddr_ll name = link_name(LINK, ETH_P_ALL, no_mac);
	const struct sockaddr *at = (const struct sockaddr *)&name;
	uint8_t frame[1515] = { 0 };
	assert_int_equal(berth_socket(host, AF_PACKET, SOCK_STREAM, 0), -ESOCKTNOSUPPORT);
	assert_int_equal(berth_socket(host, AF_PACKET, 11, 0), -EINVAL);
	int raw = make(host, SOCK_RAW, ETH_P_ALL), cooked = make(host, SOCK_DGRAM, ETH_P_ALL);

	assert_int_equal(berth_bind(host, raw, at, sizeof name - 1), -EINVAL);
	assert_int_equal(bind_link(host, raw, 9, ETH_P_ALL), -ENODEV);
	assert_int_equal(berth_connect(host, raw, at, sizeof name), -EOPNOTSUPP);
	assert_int_equal(berth_listen(host, raw, 1), -EOPNOTSUPP);
	assert_int_equal(berth_accept(host, raw, NULL, NULL), -EOPNOTSUPP);
	assert_int_equal(berth_shutdown(host, raw, SHUT_RDWR), -EOPNOTSUPP);

	assert_int_equal(berth_send(host, raw, frame, 60, 0), -ENXIO);
	assert_int_equal(send_link(host, raw, frame, 60, 9, 0, no_mac), -ENXIO);
	assert_int_equal(send_link(host, raw, frame, 13, LINK, 0, no_mac), -EINVAL);
	assert_int_equal(send_link(host, raw, frame, 1514, LINK, 0, no_mac), 1514);
	assert_int_equal(send_link(host, raw, frame, 1515, LINK, 0, no_mac), -EMSGSIZE);
	assert_int_equal(send_link(host, cooked, frame, 1500, LINK, ETH_P_IP, no_mac), 1500);
	assert_int_equal(send_link(host, cooked, frame, 1501, LINK, ETH_P_IP, no_mac), -EMSGSIZE);
	assert_int_equal(berth_sendto(host, raw, frame, 60, 0, at, sizeof name - 1), -EINVAL);
	assert_int_equal(bind_link(host, cooked, LINK, 0), 0);
	assert_int_equal(berth_send(host, cooked, frame, 60, 0), -EINVAL);

	assert_int_equal(berth_recv(host, raw, frame, 60, MSG_OOB), -EINVAL);
	assert_int_equal(berth_recv(host, raw, frame, 60, MSG_ERRQUEUE), -EAGAIN);
	int value = 1;
	socklen_t size = sizeof value;
	assert_int_equal(berth_setsockopt(host, raw, IPPROTO_IP, IP_TTL, &value, size),
			 -ENOPROTOOPT);
	assert_int_equal(berth_getsockopt(host, raw, IPPROTO_TCP, 1, &value, &size), -ENOPROTOOPT);
	world_close(&world);
}

static void a_frame_of_another_station_is_seen_by_a_promiscuous_interface_only(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[100];
	const uint8_t flooded[] = { 2, 9, 9, 9, 9, 9, 2, 0, 0, 0, 0, 1, 0x88, 0xb5, 'x' };
	int sender = make(world.client_host, SOCK_RAW, 0);
	int first = make(world.server_host, SOCK_RAW, ETH_P_ALL);
	int second = make(world.server_host, SOCK_RAW, ETH_P_ALL);
	struct packet_mreq all = { .mr_ifindex = LINK, .mr_type = PACKET_MR_PROMISC };

	send_link(world.client_host, sender, flooded, sizeof flooded, LINK, 0, no_mac);
	carry(&world);
	assert_int_equal(take(world.server_host, first, frame, sizeof frame, &from), -EAGAIN);
	for (int turn = 0; turn < 2; turn++)
		assert_int_equal(berth_setsockopt(world.server_host, first, SOL_PACKET,
						  PACKET_ADD_MEMBERSHIP, &all, sizeof all),
				 0);
	send_link(world.client_host, sender, flooded, sizeof flooded, LINK, 0, no_mac);
	carry(&world);
	assert_int_equal(take(world.server_host, first, frame, sizeof frame, &from),
			 sizeof flooded);
	check_from(&from, LINK, ETHERTYPE_NOBODYS, ARPHRD_ETHER, PACKET_OTHERHOST, client_mac);
	assert_int_equal(take(world.server_host, second, frame, sizeof frame, &from),
			 sizeof flooded);
	/* As often as it was asked for it has to be given up. */
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(berth_setsockopt(world.server_host, first, SOL_PACKET,
						  PACKET_DROP_MEMBERSHIP, &all, sizeof all),
				 0);
		send_link(world.client_host, sender, flooded, sizeof flooded, LINK, 0, no_mac);
		carry(&world);
		assert_int_equal(take(world.server_host, first, frame, sizeof frame, &from),
				 turn ? -EAGAIN : (int)sizeof flooded);
	}
	all.mr_ifindex = 9;
	assert_int_equal(berth_setsockopt(world.server_host, first, SOL_PACKET,
					  PACKET_ADD_MEMBERSHIP, &all, sizeof all),
			 -ENODEV);
	world_close(&world);
}

static void what_is_cut_says_so_and_peeking_leaves_it(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	uint8_t frame[20];
	int all = make(host, SOCK_RAW, ETH_P_ALL);
	send_datagram(host, INADDR_LOOPBACK);
	assert_int_equal(poll_of(host, all), POLLIN | POLLOUT);
	struct iovec pieces[] = { { frame, 4 }, { frame + 4, 16 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	assert_int_equal(berth_recvmsg(host, all, &message, MSG_PEEK), 20);
	assert_int_equal(message.msg_flags, MSG_TRUNC);
	assert_int_equal(berth_recv(host, all, frame, 20, MSG_TRUNC | MSG_PEEK), HEADERS + 2);
	assert_int_equal(berth_recv(host, all, frame, 0, 0), 0);
	assert_int_equal(berth_recv(host, all, frame, 20, 0), 20);
	assert_int_equal(berth_recv(host, all, frame, 20, 0), -EAGAIN);
	assert_int_equal(poll_of(host, all), POLLOUT);
	world_close(&world);
}

static void what_finds_no_room_is_counted(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	int all = make(host, SOCK_RAW, ETH_P_ALL), least = 0;
	assert_int_equal(berth_setsockopt(host, all, SOL_SOCKET, SO_RCVBUF, &least, sizeof least),
			 0);
	for (int index = 0; index < 4; index++)
		send_datagram(host, INADDR_LOOPBACK); /* each is seen twice */
	struct tpacket_stats statistics;
	socklen_t size = sizeof statistics;
	assert_int_equal(
		berth_getsockopt(host, all, SOL_PACKET, PACKET_STATISTICS, &statistics, &size), 0);
	assert_int_equal(statistics.tp_packets, 8);
	assert_int_equal(statistics.tp_drops, 5); /* 768 and 44 bytes each, until it is over 2304 */
	assert_int_equal(
		berth_getsockopt(host, all, SOL_PACKET, PACKET_STATISTICS, &statistics, &size), 0);
	assert_int_equal(statistics.tp_packets, 0);
	world_close(&world);
}

static void a_frame_comes_with_what_was_asked_for(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	_Alignas(struct cmsghdr) uint8_t beside[200];
	uint8_t frame[20];
	const int on = 1;
	int all = make(host, SOCK_RAW, ETH_P_ALL);
	assert_int_equal(berth_setsockopt(host, all, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on),
			 0);
	assert_int_equal(berth_setsockopt(host, all, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on),
			 0);
	assert_int_equal(
		berth_setsockopt(host, all, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on), 0);
	send_datagram(host, INADDR_LOOPBACK);
	struct iovec piece = { frame, sizeof frame };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = beside,
				  .msg_controllen = sizeof beside };
	assert_int_equal(berth_recvmsg(host, all, &message, 0), sizeof frame);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct timespec time;
	assert_int_equal(header->cmsg_type, SCM_TIMESTAMPNS);
	memcpy(&time, CMSG_DATA(header), sizeof time);
	assert_int_equal(time.tv_sec, 1);
	header = CMSG_NXTHDR(&message, (struct cmsghdr *)(uintptr_t)header);
	struct tpacket_auxdata auxiliary;
	assert_int_equal(header->cmsg_level, SOL_PACKET);
	assert_int_equal(header->cmsg_type, PACKET_AUXDATA);
	memcpy(&auxiliary, CMSG_DATA(header), sizeof auxiliary);
	assert_int_equal(auxiliary.tp_len, HEADERS + 2);
	assert_int_equal(auxiliary.tp_snaplen, HEADERS + 2);
	assert_int_equal(auxiliary.tp_net, LINK_HEADER);
	/* It was the one that came in, and the only one. */
	assert_int_equal(berth_recv(host, all, frame, 20, 0), -EAGAIN);
	world_close(&world);
}

static void keep_packet_row(void *context, const struct berth_socket_info *info)
{
	struct berth_socket_info *kept = context;
	if (info->domain == AF_PACKET)
		*kept = *info;
}

static void it_is_listed(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct berth_socket_info info = { .descriptor = -1 };
	struct berth_host *host = world.client_host;
	int made = make(host, SOCK_DGRAM, ETH_P_ARP);
	berth_host_sockets(host, keep_packet_row, &info);
	assert_int_equal(info.descriptor, made);
	assert_int_equal(info.type, SOCK_DGRAM);
	assert_int_equal(info.protocol, ETH_P_ARP);
	assert_int_equal(info.state, TCP_CLOSE);
	assert_null(info.interface);
	assert_int_equal(bind_link(host, made, LINK, 0), 0);
	berth_host_sockets(host, keep_packet_row, &info);
	assert_string_equal(info.interface, "eth0");
	check_from((struct sockaddr_ll *)&info.local, LINK, ETH_P_ARP, ARPHRD_ETHER, PACKET_HOST,
		   client_mac);
	world_close(&world);
}

static int attach(struct berth_host *host, int descriptor, struct sock_filter *code, size_t count)
{
	const struct sock_fprog asked = { (unsigned short)count, code };
	return berth_setsockopt(host, descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &asked,
				sizeof asked);
}

/* tcpdump's "arp", which keeps 40 bytes. */
static void a_filter_says_what_is_kept_and_how_much(void **state)
{
	struct sock_filter arp[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 40),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter going_out[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[100];
	struct berth_host *host = world.client_host;
	int raw = make(host, SOCK_RAW, ETH_P_ALL), cooked = make(host, SOCK_DGRAM, ETH_P_ALL);
	assert_int_equal(attach(host, raw, arp, COUNT_OF(arp)), 0);
	assert_int_equal(attach(host, cooked, going_out, COUNT_OF(going_out)), 0);
	send_datagram(host, world.server_address);
	carry(&world);
	for (int index = 0; index < 2; index++)
		assert_int_equal(berth_recv(host, raw, frame, sizeof frame, MSG_TRUNC), 40);
	assert_int_equal(take(host, raw, frame, sizeof frame, &from), -EAGAIN);
	assert_int_equal(take(host, cooked, frame, sizeof frame, &from), 28);
	assert_int_equal(take(host, cooked, frame, sizeof frame, &from), 30);
	assert_int_equal(take(host, cooked, frame, sizeof frame, &from), -EAGAIN);
	world_close(&world);
}

/* On a socket of each kind that has one; what came before it is not judged again. */
static void a_filter_is_changed_taken_off_and_locked(void **state)
{
	const int kinds[][3] = { { AF_PACKET, SOCK_RAW, 0 },
				 { AF_INET, SOCK_DGRAM, 0 },
				 { AF_INET, SOCK_RAW, IPPROTO_ICMP },
				 { AF_INET, SOCK_DGRAM, IPPROTO_ICMP } };
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
	struct sock_filter bad = BPF_STMT(BPF_LD | BPF_IMM, 0);
	const int on = 1, off = 0;
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	for (size_t index = 0; index < COUNT_OF(kinds); index++) {
		int made = berth_socket(host, kinds[index][0], kinds[index][1], kinds[index][2]);
		assert_int_equal(attach(host, made, &bad, 1), -EINVAL);
		assert_int_equal(attach(host, made, NULL, 1), -EINVAL);
		assert_int_equal(attach(host, made, &all, 0), -EINVAL);
		assert_int_equal(berth_setsockopt(host, made, SOL_SOCKET, SO_ATTACH_FILTER, &all,
						  sizeof all),
				 -EINVAL);
		assert_int_equal(
			berth_setsockopt(host, made, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof on),
			-ENOENT);
		assert_int_equal(attach(host, made, &all, 1), 0);
		assert_int_equal(attach(host, made, &all, 1), 0);
		assert_int_equal(
			berth_setsockopt(host, made, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof on),
			0);
		assert_int_equal(attach(host, made, &all, 1), 0);
		assert_int_equal(
			berth_setsockopt(host, made, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on),
			0);
		assert_int_equal(attach(host, made, &all, 1), -EPERM);
		assert_int_equal(
			berth_setsockopt(host, made, SOL_SOCKET, SO_DETACH_FILTER, &on, sizeof on),
			-EPERM);
		assert_int_equal(
			berth_setsockopt(host, made, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof off),
			-EPERM);
	}
	world_close(&world);
}

/* As udp_queue_rcv_skb of Linux: it begins with UDP's header, which it cannot cut. */
static void a_datagram_sockets_filter_sees_its_header(void **state)
{
	struct sock_filter from_1053[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1053, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 9),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct world world;
	world_alone(&world, 0);
	(void)state;

	uint8_t data[10];
	struct berth_host *host = world.client_host;
	int udp = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(host, udp, INADDR_ANY, 53), 0);
	assert_int_equal(attach(host, udp, from_1053, COUNT_OF(from_1053)), 0);
	send_datagram(host, INADDR_LOOPBACK);
	carry(&world);
	assert_int_equal(berth_recv(host, udp, data, sizeof data, MSG_TRUNC), 1);
	from_1053[4].k = 1;
	assert_int_equal(attach(host, udp, from_1053, COUNT_OF(from_1053)), 0);
	send_datagram(host, INADDR_LOOPBACK);
	carry(&world);
	assert_int_equal(berth_recv(host, udp, data, sizeof data, MSG_TRUNC), 0);
	from_1053[1].k = 1054;
	assert_int_equal(attach(host, udp, from_1053, COUNT_OF(from_1053)), 0);
	send_datagram(host, INADDR_LOOPBACK);
	carry(&world);
	assert_int_equal(berth_recv(host, udp, data, sizeof data, MSG_TRUNC), -EAGAIN);
	world_close(&world);
}

/* Timers set by a clock that had stood still would be due at once, and everything be sent twice. */
static void hosts_that_had_nothing_to_do_say_things_once(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	struct sockaddr_ll from;
	uint8_t frame[100];
	world_listen(&world);
	carry(&world);
	world.now += 20 * SECOND_NS;
	berth_lan_advance(world.lan, world.now);
	int all = make(world.server_host, SOCK_DGRAM, ETH_P_ALL);
	world.client = new_socket(world.client_host);
	assert_int_equal(connect_client(&world), -EINPROGRESS);
	carry(&world);
	/* The question, the answer, SYN, SYN-ACK, ACK. */
	for (int index = 0; index < 5; index++)
		assert_true(take(world.server_host, all, frame, sizeof frame, &from) > 0);
	assert_int_equal(take(world.server_host, all, frame, sizeof frame, &from), -EAGAIN);
	world_close(&world);
}

/* What a large segment is on the wire: each frame no longer than the MTU allows, each checksum right. */
static void a_large_segment_is_seen_as_frames(void **state)
{
	struct world world;
	quiet_lan(&world);
	(void)state;

	static uint8_t data[60000];
	uint8_t frame[2000];
	size_t carried = 0;
	struct sockaddr_ll from;
	world_connect(&world);
	int all = make(world.server_host, SOCK_DGRAM, ETH_P_IP), room = 1 << 20;
	berth_setsockopt(world.server_host, all, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	assert_int_equal(berth_send(world.client_host, world.client, data, 10000, 0), 10000);
	carry(&world);
	for (;;) {
		ssize_t size = take(world.server_host, all, frame, sizeof frame, &from);
		if (size == -EAGAIN)
			break;
		assert_in_range(size, 40, 1500);
		assert_int_equal(frame[2] << 8 | frame[3], size);
		carried += (size_t)size - 20 - (size_t)(frame[32] >> 4) * 4;
	}
	assert_int_equal(carried, 10000);
	world_close(&world);
}

static void without_memory_a_frame_is_lost_and_nothing_else(void **state)
{
	(void)state;

	for (size_t after = 0; after < 12; after++) {
		struct world world;
		quiet_lan(&world);
		int all = make(world.server_host, SOCK_RAW, ETH_P_ALL);
		int sender = make(world.client_host, SOCK_DGRAM, 0);
		(void)all;
		world.memory.refusals_after = after;
		send_link(world.client_host, sender, "x", 1, LINK, ETHERTYPE_NOBODYS, server_mac);
		carry(&world);
		int made = berth_socket(world.client_host, AF_PACKET, SOCK_RAW, 0);
		assert_true(made >= 0 || made == -ENOBUFS);
		world.memory.refusals_after = UNLIMITED;
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_hosts_see_the_question_the_answer_and_the_datagram),
		cmocka_unit_test(a_frame_goes_as_it_is_and_a_cooked_one_gets_its_header),
		cmocka_unit_test(lo_shows_what_goes_out_and_comes_in_again_with_a_header_of_zeros),
		cmocka_unit_test(a_packet_sent_on_lo_arrives),
		cmocka_unit_test(names_are_as_linux_tells_them),
		cmocka_unit_test(what_linux_refuses_is_refused),
		cmocka_unit_test(
			a_frame_of_another_station_is_seen_by_a_promiscuous_interface_only),
		cmocka_unit_test(what_is_cut_says_so_and_peeking_leaves_it),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(a_frame_comes_with_what_was_asked_for),
		cmocka_unit_test(it_is_listed),
		cmocka_unit_test(a_filter_says_what_is_kept_and_how_much),
		cmocka_unit_test(a_filter_is_changed_taken_off_and_locked),
		cmocka_unit_test(a_datagram_sockets_filter_sees_its_header),
		cmocka_unit_test(hosts_that_had_nothing_to_do_say_things_once),
		cmocka_unit_test(a_large_segment_is_seen_as_frames),
		cmocka_unit_test(without_memory_a_frame_is_lost_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
