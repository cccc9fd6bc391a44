/* Packet sockets of an ordinary user, which the machine's own kernel keeps for root. Only on Berth. */
#include "datagrams.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>

enum { LO = 1, LINK = 2, PORT = 5353 };
enum { ETHERTYPE_NOBODYS = 0x88b5 };

static struct sockaddr_ll link_name(int interface, int protocol)
{
	return (struct sockaddr_ll){ .sll_family = AF_PACKET,
				     .sll_protocol = htons((uint16_t)protocol),
				     .sll_ifindex = interface,
				     .sll_halen = 6 };
}

static void say_frame(int descriptor)
{
	unsigned char frame[200] = { 0 };
	struct sockaddr_ll from = { 0 };
	_Alignas(struct cmsghdr) char beside[200];
	struct iovec piece = { frame, sizeof(frame) };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof(from),
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = beside,
				  .msg_controllen = sizeof(beside) };
	MUST(await(descriptor));
	long size = recvmsg(descriptor, &message, MSG_DONTWAIT);
	printf("%ld bytes by %d, type %d, hardware %d, protocol %x, name %u, begins %02x%02x", size,
	       from.sll_ifindex, from.sll_pkttype, from.sll_hatype, ntohs(from.sll_protocol),
	       message.msg_namelen, frame[0], frame[1]);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_PACKET) {
		struct tpacket_auxdata auxiliary;
		memcpy(&auxiliary, CMSG_DATA(header), sizeof(auxiliary));
		printf(", of %u behind %u", auxiliary.tp_len, auxiliary.tp_net);
	}
	printf("\n");
}

static void send_datagram(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int made = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(send_to(made, "to self", 7, &to));
	close(made);
}

/* UDP, 30 bytes of it. */
static int filter(int descriptor)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 30),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { 4, code };
	return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static void look(void)
{
	const int on = 1;
	int raw = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	int cooked = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, htons(ETH_P_IP));
	struct sockaddr_ll lo = link_name(LO, 0), name = { 0 };
	struct tpacket_stats statistics;
	socklen_t size = sizeof(name), statistics_size = sizeof(statistics);
	MUST(raw);
	MUST(cooked);
	SAY(bind(raw, (struct sockaddr *)&lo, sizeof(lo)));
	SAY(getsockname(raw, (struct sockaddr *)&name, &size));
	printf("%u bytes, by %d, hardware %d, protocol %x\n", size, name.sll_ifindex,
	       name.sll_hatype, ntohs(name.sll_protocol));
	SAY(setsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)));
	SAY(filter(raw));
	send_datagram();
	say_frame(raw);
	say_frame(raw);
	say_frame(cooked);
	SAY(getsockopt(raw, SOL_PACKET, PACKET_STATISTICS, &statistics, &statistics_size));
	printf("%u packets, %u dropped\n", statistics.tp_packets, statistics.tp_drops);
	close(raw);
	close(cooked);
}

static void send_frames(void)
{
	unsigned char frame[14 + 3] = { [12] = ETHERTYPE_NOBODYS >> 8,
					[13] = ETHERTYPE_NOBODYS & 255,
					[14] = 'h',
					[15] = 'e',
					[16] = 'y' };
	struct sockaddr_ll lo = link_name(LO, ETHERTYPE_NOBODYS), other = link_name(9, 0);
	int listener = socket(AF_PACKET, SOCK_DGRAM, htons(ETHERTYPE_NOBODYS));
	int raw = socket(AF_PACKET, SOCK_RAW, 0), cooked = socket(AF_PACKET, SOCK_DGRAM, 0);
	SAY_NUMBER(sendto(raw, frame, sizeof(frame), 0, (struct sockaddr *)&lo, sizeof(lo)));
	say_frame(listener);
	SAY_NUMBER(sendto(cooked, "you", 3, 0, (struct sockaddr *)&lo, sizeof(lo)));
	say_frame(listener);
	SAY(bind(raw, (struct sockaddr *)&lo, sizeof(lo)));
	SAY_NUMBER(send(raw, frame, sizeof(frame), 0));
	say_frame(listener);
	SAY_NUMBER(sendto(raw, frame, 13, 0, (struct sockaddr *)&lo, sizeof(lo)));
	SAY_NUMBER(sendto(raw, frame, sizeof(frame), 0, (struct sockaddr *)&other, sizeof(other)));
	SAY_NUMBER(sendto(raw, frame, sizeof(frame), 0, (struct sockaddr *)&lo, 19));
}

static void refusals(void)
{
	struct sockaddr_ll lo = link_name(LO, 0);
	int raw = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), pair[2];
	struct packet_mreq all = { .mr_ifindex = LINK, .mr_type = PACKET_MR_PROMISC };
	socklen_t size = sizeof(lo);
	SAY(socket(AF_PACKET, SOCK_STREAM, 0));
	SAY(socketpair(AF_PACKET, SOCK_RAW, 0, pair));
	SAY(connect(raw, (struct sockaddr *)&lo, sizeof(lo)));
	SAY(listen(raw, 1));
	SAY(shutdown(raw, SHUT_RD));
	SAY(getpeername(raw, (struct sockaddr *)&lo, &size));
	SAY(setsockopt(raw, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)));
	SAY(setsockopt(raw, SOL_PACKET, PACKET_FANOUT, &size, sizeof(size)));
	SAY(setsockopt(raw, SOL_SOCKET, SO_ATTACH_FILTER, &size, sizeof(size)));
	SAY(setsockopt(raw, SOL_SOCKET, SO_DETACH_FILTER, &size, sizeof(size)));
}

int main(void)
{
	look();
	send_frames();
	refusals();
	return 0;
}
