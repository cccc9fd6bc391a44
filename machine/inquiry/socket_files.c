#include "inquiry/socket_files.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

enum { STREAM_WIDTH = 149, DATAGRAM_WIDTH = 127 };

/* Which sockets a file lists. */
struct kind {
	int family, type;
	int protocol; /* 0: any */
	const char *header;
};

static const char stream_header[] = "  sl  local_address rem_address   st tx_queue rx_queue tr "
				    "tm->when retrnsmt   uid  timeout inode";
static const char stream6_header[] =
	"  sl  local_address                         remote_address                        st "
	"tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
static const char datagram_header[] = "   sl  local_address rem_address   st tx_queue rx_queue tr "
				      "tm->when retrnsmt   uid  timeout inode ref pointer drops";
static const char datagram6_header[] =
	"  sl  local_address                         remote_address                        st "
	"tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";

struct list {
	const struct file_reader *reader;
	const struct kind *kind;
	FILE *to;
	unsigned count;
};

static unsigned port_of(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET6
			     ? ((const struct sockaddr_in6 *)address)->sin6_port
			     : ((const struct sockaddr_in *)address)->sin_port);
}

/* Each four bytes as a number of the machine's; what says no address is any. */
static size_t write_end(int family, const struct sockaddr_storage *address, unsigned port, char *to,
			size_t room)
{
	uint32_t words[4] = { 0 };

	if (family == AF_INET6 && address->ss_family == AF_INET6)
		memcpy(words, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof words);
	if (family == AF_INET && address->ss_family == AF_INET)
		memcpy(words, &((const struct sockaddr_in *)address)->sin_addr, sizeof words[0]);
	const int written = family == AF_INET6
				    ? snprintf(to, room, " %08X%08X%08X%08X:%04X", words[0],
					       words[1], words[2], words[3], port)
				    : snprintf(to, room, " %08X:%04X", words[0], port);
	return (size_t)written;
}

/* As netstat(8) shows them: what is neither bound nor connected is not there. */
static bool is_listed(const struct kind *kind, const struct berth_socket_info *info)
{
	if (info->type != kind->type || info->domain != kind->family ||
	    (kind->protocol != 0 && info->protocol != kind->protocol))
		return false;
	if (info->type == SOCK_STREAM)
		return info->state != TCP_CLOSE;
	return info->type == SOCK_RAW || port_of(&info->local) != 0;
}

static void write_row(void *context, const struct berth_socket_info *listed)
{
	struct list *list = context;
	const struct kind *kind = list->kind;
	const bool is_stream = kind->type == SOCK_STREAM;
	struct berth_socket_info info = *listed;
	char row[256];

	if (!is_listed(kind, &info))
		return;
	const uint64_t inode = list->reader->complete(list->reader->context, &info);
	const unsigned port =
		kind->type == SOCK_RAW ? (unsigned)info.protocol : port_of(&info.local);
	size_t size = (size_t)snprintf(row, sizeof row, is_stream ? "%4u:" : "%5u:", list->count++);
	size += write_end(kind->family, &info.local, port, row + size, sizeof row - size);
	size += write_end(kind->family, &info.peer, port_of(&info.peer), row + size,
			  sizeof row - size);
	const unsigned waiting = info.state == TCP_LISTEN ? 0 : info.send_queue;
	size += (size_t)snprintf(row + size, sizeof row - size,
				 " %02X %08X:%08X 00:00000000 00000000 %5u        0 %llu ",
				 (unsigned)info.state, waiting, info.receive_queue,
				 list->reader->uid, (unsigned long long)inode);
	snprintf(row + size, sizeof row - size,
		 is_stream ? "1 0000000000000000 100 0 0 10 0" : "2 0000000000000000 0");
	fprintf(list->to, "%-*s\n",
		kind->family == AF_INET6 ? 0
		: is_stream              ? STREAM_WIDTH
					 : DATAGRAM_WIDTH,
		row);
}

static void write_list(const struct file_reader *reader, const struct kind *kind, FILE *to)
{
	struct list list = { .reader = reader, .kind = kind, .to = to };

	fprintf(to, "%-*s\n",
		kind->family == AF_INET6    ? 0
		: kind->type == SOCK_STREAM ? STREAM_WIDTH
					    : DATAGRAM_WIDTH,
		kind->header);
	berth_host_sockets(reader->host, write_row, &list);
}

void file_of_tcp(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET, SOCK_STREAM, IPPROTO_TCP, stream_header }, to);
}

void file_of_tcp6(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET6, SOCK_STREAM, IPPROTO_TCP, stream6_header },
		   to);
}

void file_of_udp(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET, SOCK_DGRAM, IPPROTO_UDP, datagram_header }, to);
}

void file_of_udp6(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET6, SOCK_DGRAM, IPPROTO_UDP, datagram6_header },
		   to);
}

void file_of_raw(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET, SOCK_RAW, 0, datagram_header }, to);
}

void file_of_raw6(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET6, SOCK_RAW, 0, datagram6_header }, to);
}

void file_of_pings(const struct file_reader *reader, FILE *to)
{
	write_list(reader, &(struct kind){ AF_INET, SOCK_DGRAM, IPPROTO_ICMP, datagram_header },
		   to);
}

/* Groups. */

struct groups {
	FILE *to;
	int family;
	struct inventory inventory;
	char last[16];
};

/* An interface has a line over its groups; where they do not follow each other, another one. */
static void write_group4(struct groups *groups, const struct berth_group_info *info, int index)
{
	const struct sockaddr_in *group = (const struct sockaddr_in *)&info->group;

	if (strcmp(groups->last, info->interface) != 0)
		fprintf(groups->to, "%d\t%-10s: %5d %7s\n", index, info->interface, 1, "V3");
	snprintf(groups->last, sizeof groups->last, "%s", info->interface);
	fprintf(groups->to, "\t\t\t\t%08X %5u %d:%08lX\t\t%d\n", group->sin_addr.s_addr,
		info->users, 0, 0ul, 0);
}

static void write_group6(struct groups *groups, const struct berth_group_info *info, int index)
{
	const struct sockaddr_in6 *group = (const struct sockaddr_in6 *)&info->group;

	fprintf(groups->to, "%-4d %-15s ", index, info->interface);
	for (int i = 0; i < 16; i++)
		fprintf(groups->to, "%02x", group->sin6_addr.s6_addr[i]);
	fprintf(groups->to, " %5u %08X %ld\n", info->users, 0x4u, 0l);
}

static void write_group(void *context, const struct berth_group_info *info)
{
	struct groups *groups = context;
	const struct berth_interface_info *interface =
		inventory_interface_named(&groups->inventory, info->interface);

	if (info->group.ss_family != groups->family || !interface)
		return;
	if (groups->family == AF_INET)
		write_group4(groups, info, interface->index);
	else
		write_group6(groups, info, interface->index);
}

static void write_groups(const struct file_reader *reader, int family, FILE *to)
{
	struct groups groups = { .to = to, .family = family };

	if (!inventory_take(&groups.inventory, reader->host))
		return;
	berth_host_groups(reader->host, write_group, &groups);
	inventory_close(&groups.inventory);
}

void file_of_groups(const struct file_reader *reader, FILE *to)
{
	fputs("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n", to);
	write_groups(reader, AF_INET, to);
}

void file_of_groups6(const struct file_reader *reader, FILE *to)
{
	write_groups(reader, AF_INET6, to);
}

/* Numbers. */

struct numbers {
	int family;
	unsigned tcp, waiting, udp, raw, all;
};

static void count_socket(void *context, const struct berth_socket_info *info)
{
	struct numbers *numbers = context;

	numbers->all++;
	if (info->domain != numbers->family)
		return;
	numbers->raw += info->type == SOCK_RAW;
	numbers->udp += info->type == SOCK_DGRAM && info->protocol == IPPROTO_UDP;
	if (info->type != SOCK_STREAM)
		return;
	numbers->waiting += info->state == TCP_TIME_WAIT;
	numbers->tcp += info->state != TCP_TIME_WAIT && info->state != TCP_CLOSE;
}

void file_of_numbers(const struct file_reader *reader, FILE *to)
{
	struct numbers numbers = { .family = AF_INET };

	berth_host_sockets(reader->host, count_socket, &numbers);
	fprintf(to,
		"sockets: used %u\nTCP: inuse %u orphan 0 tw %u alloc %u mem 0\n"
		"UDP: inuse %u mem 0\nUDPLITE: inuse 0\nRAW: inuse %u\nFRAG: inuse 0 memory 0\n",
		numbers.all, numbers.tcp, numbers.waiting, numbers.tcp, numbers.udp, numbers.raw);
}

void file_of_numbers6(const struct file_reader *reader, FILE *to)
{
	struct numbers numbers = { .family = AF_INET6 };

	berth_host_sockets(reader->host, count_socket, &numbers);
	fprintf(to,
		"TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse 0\nRAW6: inuse %u\n"
		"FRAG6: inuse 0 memory 0\n",
		numbers.tcp, numbers.udp, numbers.raw);
}
