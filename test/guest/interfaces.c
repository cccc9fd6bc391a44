/* What programs ask about interfaces, by netlink and by ioctl, of lo and of what is not there: any Linux has the same of
 * both. The kernel's answers are told by what they say, not byte by byte. */
#include "guest.h"

#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

struct question {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
		struct rtmsg route;
	};
	char attributes[64];
};

static char answer[65536];

static int netlink_socket(int protocol)
{
	int made = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	MUST(made);
	return made;
}

static void ask(int netlink, const struct question *question)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	MUST(sendto(netlink, question, question->header.nlmsg_len, 0,
		    (const struct sockaddr *)&kernel, sizeof(kernel)));
}

static void say_message(const struct nlmsghdr *message, const struct sockaddr_nl *own)
{
	printf("type %d, flags %x, sequence %u, for %s", message->nlmsg_type, message->nlmsg_flags,
	       message->nlmsg_seq, message->nlmsg_pid == own->nl_pid ? "us" : "others");
	if (message->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(message);
		printf(", error %d about %d, %u bytes", error->error, error->msg.nlmsg_type,
		       message->nlmsg_len);
	}
	printf("\n");
}

/* Receives until what ends an answer; rows of a dump are only counted. */
static void say_answer(int netlink)
{
	struct sockaddr_nl from = { 0 }, own = { 0 };
	socklen_t from_size = sizeof(from), own_size = sizeof(own);
	int rows = 0;

	MUST(getsockname(netlink, (struct sockaddr *)&own, &own_size));
	for (;;) {
		ssize_t size = recvfrom(netlink, answer, sizeof(answer), 0,
					(struct sockaddr *)&from, &from_size);
		MUST(size);
		size_t left = (size_t)size;
		for (struct nlmsghdr *message = (void *)answer; NLMSG_OK(message, left);
		     message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_flags & NLM_F_MULTI &&
			    message->nlmsg_type != NLMSG_DONE) {
				rows++;
				continue;
			}
			printf("%s, then ", rows ? "rows" : "no rows");
			say_message(message, &own);
			printf("from %d, %u, %u\n", from.nl_family, from.nl_pid, from.nl_groups);
			return;
		}
	}
}

static struct question question(uint16_t type, uint16_t flags, size_t size)
{
	return (struct question){ .header = { .nlmsg_len = (uint32_t)NLMSG_LENGTH(size),
					      .nlmsg_type = type,
					      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
					      .nlmsg_seq = 7 } };
}

static void about_sockets(void)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK }, peer;
	socklen_t size = sizeof(name);
	int value = -1;
	SAY(socket(AF_NETLINK, SOCK_STREAM, 0));
	SAY(socket(AF_NETLINK, SOCK_RAW, -1));
	SAY(socket(AF_NETLINK, SOCK_RAW, 30));
	SAY(socketpair(AF_NETLINK, SOCK_RAW, 0, (int[2]){ 0 }));
	int netlink = netlink_socket(NETLINK_ROUTE), other = netlink_socket(NETLINK_ROUTE);
	SAY(bind(netlink, (struct sockaddr *)&name, 4));
	SAY(bind(netlink, (struct sockaddr *)&name, sizeof(name)));
	MUST(getsockname(netlink, (struct sockaddr *)&name, &size));
	printf("size %u, a port of our own %d\n", size, name.nl_pid == (uint32_t)getpid());
	SAY(bind(other, (struct sockaddr *)&name, sizeof(name)));
	name.nl_pid++;
	SAY(bind(netlink, (struct sockaddr *)&name, sizeof(name)));
	SAY(listen(netlink, 1));
	SAY(accept(netlink, NULL, NULL));
	SAY(shutdown(netlink, SHUT_RDWR));
	size = sizeof(peer);
	SAY(getpeername(netlink, (struct sockaddr *)&peer, &size));
	printf("peer %d %u\n", peer.nl_family, peer.nl_pid);
	name.nl_pid = 12345;
	SAY(connect(netlink, (struct sockaddr *)&name, sizeof(name)));
	SAY(sendto(netlink, "x", 1, 0, (struct sockaddr *)&name, sizeof(name)));
	size = sizeof(value);
	SAY(getsockopt(netlink, SOL_SOCKET, SO_DOMAIN, &value, &size));
	printf("domain %d\n", value);
	SAY(getsockopt(netlink, SOL_SOCKET, SO_TYPE, &value, &size));
	printf("type %d\n", value);
	SAY(getsockopt(netlink, SOL_SOCKET, SO_PROTOCOL, &value, &size));
	printf("protocol %d\n", value);
	value = 1;
	SAY(setsockopt(netlink, SOL_NETLINK, NETLINK_EXT_ACK, &value, sizeof(value)));
	SAY(setsockopt(netlink, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &value, sizeof(value)));
	SAY(setsockopt(netlink, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &value, sizeof(value)));
	SAY(setsockopt(netlink, SOL_NETLINK, 77, &value, sizeof(value)));
	SAY(setsockopt(netlink, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 0 }, sizeof(value)));
	SAY(setsockopt(netlink, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &(int){ 999 }, sizeof(value)));
	SAY(recv(netlink, answer, sizeof(answer), MSG_DONTWAIT));
}

static void about_answers(void)
{
	int netlink = netlink_socket(NETLINK_ROUTE);
	struct question links = question(RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	ask(netlink, &links);
	say_answer(netlink);
	struct question addresses = question(RTM_GETADDR, NLM_F_DUMP | NLM_F_ACK, 1);
	ask(netlink, &addresses);
	say_answer(netlink);
	struct question lo = question(RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	lo.link.ifi_index = 1;
	ask(netlink, &lo);
	say_answer(netlink);
	say_answer(netlink);
	lo.link.ifi_index = 9999;
	ask(netlink, &lo);
	say_answer(netlink);
	lo.link.ifi_index = 0;
	ask(netlink, &lo);
	say_answer(netlink);
	struct question up = question(RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
	up.link.ifi_index = 1;
	ask(netlink, &up);
	say_answer(netlink);
	MUST(setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &(int){ 1 }, sizeof(int)));
	ask(netlink, &up);
	say_answer(netlink);
	struct question unknown = question(999, NLM_F_ACK, sizeof(struct rtgenmsg));
	ask(netlink, &unknown);
	say_answer(netlink);
	close(netlink);
}

/* A datagram's size is told before it is read. */
static void about_sizes(void)
{
	int netlink = netlink_socket(NETLINK_ROUTE);
	struct iovec nothing = { NULL, 0 };
	struct msghdr message = { .msg_iov = &nothing, .msg_iovlen = 1 };
	struct question lo = question(RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	lo.link.ifi_index = 1;
	ask(netlink, &lo);
	ssize_t size = recvmsg(netlink, &message, MSG_PEEK | MSG_TRUNC);
	printf("seen %d, cut %d\n", size > 100, (message.msg_flags & MSG_TRUNC) != 0);
	printf("all of it %d\n", recv(netlink, answer, sizeof(answer), 0) == size);
	close(netlink);
}

static void about_addresses(void)
{
	struct ifaddrs *all;
	SAY(getifaddrs(&all));
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		const struct sockaddr_in *in = (struct sockaddr_in *)one->ifa_addr;
		if (strcmp(one->ifa_name, "lo") != 0 || !in || in->sin_family != AF_INET)
			continue;
		printf("%s %x %s", one->ifa_name, one->ifa_flags & 0xffff, inet_ntoa(in->sin_addr));
		in = (struct sockaddr_in *)one->ifa_netmask;
		printf(" %s\n", inet_ntoa(in->sin_addr));
	}
	freeifaddrs(all);
	printf("lo is %u, nothing is %u\n", if_nametoindex("lo"), if_nametoindex("nothing0"));
	char name[IF_NAMESIZE] = "";
	SAY(if_indextoname(1, name) ? 0 : -1);
	printf("1 is %s\n", name);
	SAY(if_indextoname(9999, name) ? 0 : -1);
}

static void about_requests(int made, const char *interface)
{
	static const unsigned requests[] = { SIOCGIFFLAGS, SIOCGIFADDR,   SIOCGIFNETMASK,
					     SIOCGIFMTU,   SIOCGIFHWADDR, SIOCGIFINDEX,
					     SIOCGIFMAP,   SIOCGIFTXQLEN, SIOCGIFMETRIC,
					     SIOCSIFFLAGS, SIOCSIFADDR,   SIOCSIFMTU,
					     SIOCGIFSLAVE, SIOCGIFMEM,    SIOCGIFENCAP };
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct ifreq request = { 0 };
		strcpy(request.ifr_name, interface);
		printf("%s %x: ", interface, requests[i]);
		SAY(ioctl(made, requests[i], &request));
		if (requests[i] == SIOCGIFFLAGS)
			printf("flags %x\n", (unsigned short)request.ifr_flags);
		if (requests[i] == SIOCGIFINDEX)
			printf("index %d\n", request.ifr_ifindex);
		if (requests[i] == SIOCGIFHWADDR)
			printf("of kind %d\n", request.ifr_hwaddr.sa_family);
	}
	SAY(ioctl(made, SIOCGIFFLAGS, NULL));
}

static void about_the_list(int made)
{
	struct ifreq rows[64];
	struct ifconf list = { .ifc_len = sizeof(rows), .ifc_req = rows };
	SAY(ioctl(made, SIOCGIFCONF, &list));
	printf("the first is %s, in whole rows %d\n", rows[0].ifr_name,
	       list.ifc_len % (int)sizeof(rows[0]) == 0);
	const int all = list.ifc_len;
	list = (struct ifconf){ .ifc_len = 0 };
	SAY(ioctl(made, SIOCGIFCONF, &list));
	printf("so much would it take %d\n", list.ifc_len == all);
	list = (struct ifconf){ .ifc_len = sizeof(rows[0]) + 5, .ifc_req = rows };
	SAY(ioctl(made, SIOCGIFCONF, &list));
	printf("one row %d\n", list.ifc_len == sizeof(rows[0]));
	SAY(ioctl(made, SIOCGIFCONF, NULL));
}

int main(void)
{
	about_sockets();
	about_answers();
	about_sizes();
	about_addresses();
	const int made[] = { guest_socket(), socket(AF_INET6, SOCK_DGRAM, 0),
			     socket(AF_UNIX, SOCK_DGRAM, 0), netlink_socket(0) };
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		about_requests(made[i], "lo");
		about_requests(made[i], "nothing0");
		about_the_list(made[i]);
	}
	return 0;
}
