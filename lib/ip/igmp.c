/* igmp: how the host's groups of IPv4 are spoken of (RFC 9776, 4; RFC 2236, 2; RFC 1112, appendix I), and what is believed of
 * what others say. When, is group_report's. */
#include "wire/igmp.h"
#include "ip/group_report.h"
#include "ip/ip.h"
#include "wire/ipv4.h"

#define TENTH (100 * MILLISECOND)

static const uint32_t all_routers = 0xe0000002, all_v3_routers = 0xe0000016;

/* TTL 1 and router alert (RFC 9776, 4). */
static void emit(struct ip *ip, struct interface *interface, uint32_t destination,
		 struct bytes message)
{
	enum { HEADER_SIZE = IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE };
	struct frame *frame = frame_with_room(ip->pool, (uint32_t)message.size);
	if (!frame) {
		ip->counts[DROP_MEMORY]++;
		return;
	}
	memcpy(frame->head, message.at, message.size);
	struct address to = address_v4(destination);
	const struct address *source = interface_source(interface, &to);
	struct ipv4_header ipv4 = {
		.tos = 0xc0, /* internetwork control, as Linux has it */
		.total_size = (uint16_t)(HEADER_SIZE + message.size),
		.dont_fragment = true,
		.ttl = 1,
		.protocol = PROTOCOL_IGMP,
		.source = source ? address_to_v4(source) : 0,
		.destination = destination,
	};
	ipv4_write_router_alert(frame_push(frame, HEADER_SIZE), &ipv4);
	struct mac mac = mac_of_group(destination);
	interface_transmit(interface, &mac, ETHERTYPE_IPV4, frame);
}

/* Version 1 has no leaving. */
static void send_old(struct ip *ip, struct interface *interface, enum group_version version,
		     const struct address *group, bool joined)
{
	uint8_t message[IGMP_HEADER_SIZE];
	uint32_t v4 = address_to_v4(group);
	uint8_t report = version == GROUP_VERSION_OLDEST ? IGMP_REPORT_V1 : IGMP_REPORT_V2;

	if (!joined && version == GROUP_VERSION_OLDEST)
		return;
	igmp_write(message, joined ? report : IGMP_LEAVE, 0, v4);
	emit(ip, interface, joined ? v4 : all_routers, (struct bytes){ message, sizeof message });
}

static size_t write_record(uint8_t *at, enum group_record type, const struct address *group,
			   const struct address *sources, uint16_t count)
{
	uint32_t v4[GROUP_SOURCES_MOST];

	for (uint16_t index = 0; index < count; index++)
		v4[index] = address_to_v4(&sources[index]);
	return igmp_write_record(at, (enum igmp_record_type)type, address_to_v4(group), v4, count);
}

static void send_report(struct ip *ip, struct interface *interface, uint8_t *bytes, size_t size,
			uint16_t count)
{
	igmp_write_report(bytes, size, count);
	emit(ip, interface, all_v3_routers, (struct bytes){ bytes, size });
}

static struct address read_source(const struct interface *interface, const uint8_t *at)
{
	(void)interface;
	return address_v4(get32(at));
}

const struct group_protocol igmp_protocol = {
	.report_most = INTERFACE_MTU_LEAST - IPV4_HEADER_SIZE - IPV4_ROUTER_ALERT_SIZE,
	.header_size = IGMP_HEADER_SIZE,
	.record_size = IGMP_RECORD_SIZE,
	.source_size = 4,
	.write_record = write_record,
	.send_report = send_report,
	.send_old = send_old,
	.read_source = read_source,
};

/* RFC 9776, 9.1: a general query to other than all hosts may come from elsewhere. */
static enum verdict hear_query(struct ip *ip, const struct ip_packet *packet,
			       const struct igmp_message *query)
{
	bool general = query->group == 0;

	if (general && address_to_v4(&packet->destination) != ALL_HOSTS)
		return DROP_IGNORED;
	if (!general && !v4_is_multicast(query->group))
		return DROP_MALFORMED;
	group_hear_query(ip, packet->interface, GROUPS_OF_IPV4,
			 &(struct group_query){
				 .version = (enum group_version)query->version,
				 .general = general,
				 .group = address_v4(query->group),
				 .response_ns = query->response_ds * TENTH,
				 .interval_ns = query->interval_s * SECOND,
				 .robustness = query->robustness,
				 .count = query->count,
				 .sources = query->sources,
			 });
	return DELIVERED;
}

enum verdict igmp_input(void *context, const struct ip_packet *packet)
{
	struct ip *ip = context;
	struct bytes message = frame_head(packet->frame);
	struct igmp_message igmp;

	if (packet->version != 4)
		return DROP_NO_PROTOCOL;
	if (packet->frame->payload_size > 0 || !igmp_checksum_holds(message))
		return DROP_CHECKSUM;
	if (!igmp_parse(message, &igmp))
		return DROP_MALFORMED;
	if (!packet->interface->ethernet || !packet->to_group)
		return DROP_IGNORED;
	struct address group = address_v4(igmp.group);
	switch (igmp.type) {
	case IGMP_QUERY:
		return hear_query(ip, packet, &igmp);
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		group_hear_report(ip, packet->interface, &group);
		return DELIVERED;
	default:
		return DROP_IGNORED;
	}
}
