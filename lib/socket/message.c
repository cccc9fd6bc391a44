#include "socket/message.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <netinet/udp.h>

size_t message_size(const struct msghdr *message)
{
	size_t size = 0;
	for (size_t index = 0; index < message->msg_iovlen; index++)
		size += message->msg_iov[index].iov_len;
	return size;
}

/* One control message that was read. */
struct control {
	int level, type;
	struct bytes data;
};

static int read_packet_info(const struct control *control, struct udp_outgoing *outgoing,
			    struct address *source)
{
	struct in_pktinfo info;

	if (control->data.size != sizeof info)
		return -EINVAL;
	memcpy(&info, control->data.at, sizeof info);
	outgoing->interface = info.ipi_ifindex;
	if (info.ipi_spec_dst.s_addr != INADDR_ANY) {
		*source = address_v4(get32((const uint8_t *)&info.ipi_spec_dst));
		outgoing->source = source;
	}
	return 0;
}

static int read_ttl(const struct control *control, struct udp_outgoing *outgoing)
{
	int ttl;

	if (control->data.size != sizeof ttl)
		return -EINVAL;
	memcpy(&ttl, control->data.at, sizeof ttl);
	if (ttl < 1 || ttl > 255)
		return -EINVAL;
	outgoing->ttl = (uint8_t)ttl;
	return 0;
}

static int read_tos(const struct control *control, struct udp_outgoing *outgoing)
{
	int tos;

	if (control->data.size == 1)
		tos = control->data.at[0];
	else if (control->data.size == sizeof tos)
		memcpy(&tos, control->data.at, sizeof tos);
	else
		return -EINVAL;
	if (tos < 0 || tos > 255)
		return -EINVAL;
	outgoing->has_tos = true;
	outgoing->tos = (uint8_t)tos;
	return 0;
}

static int read_packet_info6(const struct control *control, struct udp_outgoing *outgoing,
			     struct address *source)
{
	struct in6_pktinfo info;

	if (control->data.size < sizeof info)
		return -EINVAL;
	memcpy(&info, control->data.at, sizeof info);
	outgoing->interface = (int)info.ipi6_ifindex;
	struct address own = address_v6(info.ipi6_addr.s6_addr);
	if (!address_is_any(&own)) {
		*source = address_in_zone(own, outgoing->interface);
		outgoing->source = source;
	}
	return 0;
}

/* An int that fits a byte; -1 leaves it to the socket. */
static int read_byte(const struct control *control, int *byte)
{
	if (control->data.size != sizeof *byte)
		return -EINVAL;
	memcpy(byte, control->data.at, sizeof *byte);
	return *byte >= -1 && *byte <= UINT8_MAX ? 0 : -EINVAL;
}

/* Linux's ip6_datagram_send_ctl. */
static int read_control6(const struct control *control, struct udp_outgoing *outgoing,
			 struct address *source)
{
	int byte, result;

	switch (control->type) {
	case IPV6_PKTINFO:
		return read_packet_info6(control, outgoing, source);
	case IPV6_HOPLIMIT:
		result = read_byte(control, &byte);
		if (result == 0 && byte > 0)
			outgoing->ttl = (uint8_t)byte;
		return result;
	case IPV6_TCLASS:
		result = read_byte(control, &byte);
		if (result == 0 && byte >= 0) {
			outgoing->has_tos = true;
			outgoing->tos = (uint8_t)byte;
		}
		return result;
	default:
		return -EINVAL;
	}
}

static int read_udp(const struct control *control, struct udp_outgoing *outgoing)
{
	if (control->type != UDP_SEGMENT || control->data.size != sizeof outgoing->segment)
		return -EINVAL;
	memcpy(&outgoing->segment, control->data.at, sizeof outgoing->segment);
	return 0;
}

/* Levels that are not the socket's are passed over, as Linux does, but for SOL_SOCKET, of which nothing is known here. */
static int read_control(int domain, const struct control *control, struct udp_outgoing *outgoing,
			struct address *source)
{
	if (control->level == SOL_SOCKET)
		return -EINVAL;
	if (control->level == IPPROTO_UDP)
		return read_udp(control, outgoing);
	if (control->level == IPPROTO_IPV6 && domain == AF_INET6)
		return read_control6(control, outgoing, source);
	if (control->level != IPPROTO_IP)
		return 0;
	switch (control->type) {
	case IP_PKTINFO:
		return read_packet_info(control, outgoing, source);
	case IP_TTL:
		return read_ttl(control, outgoing);
	case IP_TOS:
		return read_tos(control, outgoing);
	default:
		return -EINVAL;
	}
}

int message_read_controls(int domain, const struct msghdr *message, struct udp_outgoing *outgoing,
			  struct address *source)
{
	struct bytes rest = { message->msg_control, message->msg_controllen };

	while (rest.size >= sizeof(struct cmsghdr)) {
		struct cmsghdr header;
		memcpy(&header, rest.at, sizeof header);
		size_t size = header.cmsg_len;
		if (size < CMSG_LEN(0) || size > rest.size)
			return -EINVAL;
		struct control control = { header.cmsg_level,
					   header.cmsg_type,
					   { rest.at + CMSG_LEN(0), size - CMSG_LEN(0) } };
		int result = read_control(domain, &control, outgoing, source);
		if (result < 0)
			return result;
		size_t whole = CMSG_ALIGN(size);
		rest = bytes_after(rest, whole < rest.size ? whole : rest.size);
	}
	return 0;
}

/* Room for control messages, and how much of it is taken. */
struct controls {
	uint8_t *at;
	size_t room;
	size_t used;
	int flags;
};

/* As Linux's put_cmsg: what has no room for all of itself is cut. */
static void add(struct controls *controls, int level, int type, const void *data, size_t size)
{
	size_t left = controls->room - controls->used;
	struct cmsghdr header = { .cmsg_level = level, .cmsg_type = type };

	if (left < sizeof header) {
		controls->flags |= MSG_CTRUNC;
		return;
	}
	header.cmsg_len = CMSG_LEN(size);
	if (header.cmsg_len > left) {
		controls->flags |= MSG_CTRUNC;
		header.cmsg_len = left;
		size = left - CMSG_LEN(0);
	}
	memcpy(controls->at + controls->used, &header, sizeof header);
	if (size > 0)
		memcpy(controls->at + controls->used + CMSG_LEN(0), data, size);
	size_t space = CMSG_SPACE(size);
	controls->used += space < left ? space : left;
}

static void add_timestamp(struct controls *controls, enum timestamps timestamps, uint64_t arrived)
{
	if (timestamps == TIMESTAMPS_IN_MICROSECONDS) {
		struct timeval time = { (time_t)(arrived / SECOND),
					(suseconds_t)(arrived % SECOND / MICROSECOND) };
		add(controls, SOL_SOCKET, SO_TIMESTAMP, &time, sizeof time);
	}
	if (timestamps == TIMESTAMPS_IN_NANOSECONDS) {
		struct timespec time = { (time_t)(arrived / SECOND), (long)(arrived % SECOND) };
		add(controls, SOL_SOCKET, SO_TIMESTAMPNS, &time, sizeof time);
	}
}

static void add_packet_info(struct controls *controls, const struct udp_datagram *datagram)
{
	struct in_pktinfo info = { .ipi_ifindex = datagram->interface };

	put32((uint8_t *)&info.ipi_spec_dst, address_to_v4(&datagram->own));
	put32((uint8_t *)&info.ipi_addr, address_to_v4(&datagram->destination));
	add(controls, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
}

/* As Linux's ip6_datagram_recv_ctl: of a mapped address too, but for the hop limit and the class, which are IPv6's. */
static void add_v6_controls(const struct socket *socket, struct controls *controls,
			    const struct udp_datagram *datagram)
{
	bool v4 = address_is_v4(&datagram->destination);

	if (socket->tells_packet_info6) {
		struct in6_pktinfo info = { .ipi6_ifindex = (unsigned)datagram->interface };
		address_write_v6(info.ipi6_addr.s6_addr, &datagram->destination);
		add(controls, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	}
	if (socket->tells_hop_limit && !v4)
		add(controls, IPPROTO_IPV6, IPV6_HOPLIMIT, &(int){ datagram->ttl }, sizeof(int));
	if (socket->tells_traffic_class && !v4)
		add(controls, IPPROTO_IPV6, IPV6_TCLASS, &(int){ datagram->tos }, sizeof(int));
}

static void add_v4_controls(const struct socket *socket, struct controls *controls,
			    const struct udp_datagram *datagram)
{
	if (!address_is_v4(&datagram->destination))
		return;
	if (socket->tells_packet_info)
		add_packet_info(controls, datagram);
	if (socket->tells_ttl)
		add(controls, IPPROTO_IP, IP_TTL, &(int){ datagram->ttl }, sizeof(int));
	if (socket->tells_tos)
		add(controls, IPPROTO_IP, IP_TOS, &datagram->tos, sizeof datagram->tos);
}

void message_write_controls(const struct socket *socket, const struct udp_datagram *datagram,
			    uint32_t segment, struct msghdr *message)
{
	struct controls controls = { message->msg_control, message->msg_controllen, 0, 0 };

	if (!controls.at)
		controls.room = 0;
	add_timestamp(&controls, socket->timestamps, datagram->arrived);
	add_v6_controls(socket, &controls, datagram);
	add_v4_controls(socket, &controls, datagram);
	if (segment > 0)
		add(&controls, IPPROTO_UDP, UDP_GRO, &(int){ (int)segment }, sizeof(int));
	message->msg_controllen = controls.used;
	message->msg_flags |= controls.flags;
}

void message_write_frame_controls(const struct socket *socket, const struct packet_frame *frame,
				  struct msghdr *message)
{
	struct controls controls = { message->msg_control, message->msg_controllen, 0, 0 };
	const struct tpacket_auxdata auxiliary = {
		.tp_status = TP_STATUS_USER,
		.tp_len = frame->length,
		.tp_snaplen = frame->size,
		.tp_net = (uint16_t)frame->network_at,
	};

	if (!controls.at)
		controls.room = 0;
	add_timestamp(&controls, socket->timestamps, frame->arrived);
	if (socket->tells_auxiliary)
		add(&controls, SOL_PACKET, PACKET_AUXDATA, &auxiliary, sizeof auxiliary);
	message->msg_controllen = controls.used;
	message->msg_flags |= controls.flags;
}

/* Behind the error comes who said so, in the socket's family: a struct sockaddr_in or sockaddr_in6. */
struct extended_error {
	struct sock_extended_err error;
	struct sockaddr_storage offender;
};

static void write_extended_error(int domain, const struct extended_error *error,
				 socklen_t offender_size, struct msghdr *message)
{
	struct controls controls = { message->msg_control, message->msg_controllen, 0, 0 };

	if (!controls.at)
		controls.room = 0;
	add(&controls, domain == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
	    domain == AF_INET ? IP_RECVERR : IPV6_RECVERR, error,
	    sizeof error->error + offender_size);
	message->msg_controllen = controls.used;
	message->msg_flags |= controls.flags;
}

void message_write_failure(int domain, const struct udp_failure *failure, struct msghdr *message)
{
	const struct endpoint offender = { .address = failure->offender };
	bool v4 = address_is_v4(&failure->peer.address);
	struct extended_error what = {
		.error = { .ee_errno = (uint32_t)failure->error,
			   .ee_origin = v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
			   .ee_type = failure->type,
			   .ee_code = failure->code,
			   .ee_info = failure->mtu },
	};
	socklen_t size = sizeof what.offender;

	address_write(domain, &offender, (struct sockaddr *)&what.offender, &size);
	write_extended_error(domain, &what, size, message);
}

/* Nobody said it: the place for an address is empty. */
void message_write_completion(const struct socket *socket, struct msghdr *message)
{
	const struct zerocopy *zerocopy = &socket->zerocopy;
	const struct extended_error what = {
		.error = { .ee_origin = SO_EE_ORIGIN_ZEROCOPY,
			   .ee_code = SO_EE_CODE_ZEROCOPY_COPIED,
			   .ee_info = zerocopy->first,
			   .ee_data = zerocopy->first + zerocopy->count - 1 },
	};
	bool v4 = socket->domain == AF_INET;

	write_extended_error(socket->domain, &what,
			     v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
			     message);
}
