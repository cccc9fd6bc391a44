#include "lan/overhear.h"

#include "lan/switch.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/mld.h"

#define TENTH (100 * MILLISECOND)

enum { PROTOCOL_PIM = 103, PIM_VERSION_AND_HELLO = 0x20 };

static const struct address v4_pim_routers = { .bytes = { [10] = 0xff, 0xff, 224, 0, 0, 13 } };
static const struct address v6_pim_routers = { .bytes = { 0xff, 0x02, [15] = 13 } };

/* What both families have in common, once their headers have been read. */
struct overheard_packet {
	struct address source, destination;
	uint8_t protocol;
	uint8_t ttl;
	bool whole; /* payload is all of it, and no fragment */
	struct bytes payload;
};

/* IGMP. */

static void take_igmp_query(struct lan_switch *lan, struct lan_port *port,
			    const struct address *source, const struct igmp_message *query)
{
	struct address group = address_v4(query->group);

	if (query->group == 0)
		snooping_query(lan, port, source, query->response_ds * TENTH, SNOOPED_IGMP);
	else if (query->count == 0 && !query->suppress)
		snooping_query_of_group(lan, port, &group, query->response_ds * TENTH);
}

static void take_igmp_report(struct lan_switch *lan, struct lan_port *port,
			     const struct igmp_message *report)
{
	struct bytes records = report->records;
	struct igmp_record record;

	for (uint16_t left = report->count; left > 0 && igmp_take_record(&records, &record);
	     left--) {
		struct address group = address_v4(record.group);
		snooping_record(lan, port, record.type, &group, record.count);
	}
}

static enum overheard overhear_igmp(struct lan_switch *lan, struct lan_port *port,
				    const struct overheard_packet *packet)
{
	struct igmp_message igmp;

	if (!igmp_checksum_holds(packet->payload) || !igmp_parse(packet->payload, &igmp))
		return OVERHEARD_NOTHING;
	struct address group = address_v4(igmp.group);
	switch (igmp.type) {
	case IGMP_QUERY:
		take_igmp_query(lan, port, &packet->source, &igmp);
		return OVERHEARD_QUERY;
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		snooping_join(lan, port, &group);
		return OVERHEARD_REPORT;
	case IGMP_REPORT_V3:
		take_igmp_report(lan, port, &igmp);
		return OVERHEARD_REPORT;
	case IGMP_LEAVE:
		snooping_leave(lan, port, &group);
		return OVERHEARD_REPORT;
	default:
		return OVERHEARD_QUERY;
	}
}

/* MLD. */

static bool is_mld(uint8_t type)
{
	return (type >= ICMP6_MLD_QUERY && type <= ICMP6_MLD_DONE) || type == ICMP6_MLD_REPORT_V2;
}

static bool mld_checksum_holds(const struct overheard_packet *packet)
{
	struct checksum checksum = { 0 };
	checksum_add_pseudo(&checksum, &packet->source, &packet->destination, PROTOCOL_ICMP6,
			    (uint32_t)packet->payload.size);
	checksum_add(&checksum, packet->payload);
	return checksum_finish(&checksum) == 0;
}

/* RFC 9777, 5.1.14: who asks has a link-local address. */
static void take_mld_query(struct lan_switch *lan, struct lan_port *port,
			   const struct address *source, const struct mld_message *query)
{
	uint64_t response_ns = query->response_ms * MILLISECOND;

	if (!address_is_link_local(source))
		return;
	if (address_is_unspecified(&query->group))
		snooping_query(lan, port, source, response_ns, SNOOPED_MLD);
	else if (query->count == 0 && !query->suppress)
		snooping_query_of_group(lan, port, &query->group, response_ns);
}

static void take_mld_report(struct lan_switch *lan, struct lan_port *port,
			    const struct mld_message *report)
{
	struct bytes records = report->records;
	struct mld_record record;

	for (uint16_t left = report->count; left > 0 && mld_take_record(&records, &record); left--)
		snooping_record(lan, port, record.type, &record.group, record.count);
}

static enum overheard overhear_mld(struct lan_switch *lan, struct lan_port *port,
				   const struct overheard_packet *packet)
{
	struct mld_message mld;

	/* RFC 9777, 5: what comes from further away is nobody's of this link. */
	if (packet->ttl != 1 || !mld_checksum_holds(packet) || !mld_parse(packet->payload, &mld))
		return OVERHEARD_NOTHING;
	switch (mld.type) {
	case ICMP6_MLD_QUERY:
		take_mld_query(lan, port, &packet->source, &mld);
		return OVERHEARD_QUERY;
	case ICMP6_MLD_REPORT:
		snooping_join(lan, port, &mld.group);
		return OVERHEARD_REPORT;
	case ICMP6_MLD_DONE:
		snooping_leave(lan, port, &mld.group);
		return OVERHEARD_REPORT;
	default:
		take_mld_report(lan, port, &mld);
		return OVERHEARD_REPORT;
	}
}

/* Both. */

static bool read_v4(struct bytes bytes, size_t present, struct overheard_packet *packet)
{
	struct ipv4_header ipv4;

	if (!ipv4_parse(bytes, present, &ipv4) ||
	    !ipv4_checksum_holds((struct bytes){ bytes.at, ipv4.header_size }))
		return false;
	size_t size = bytes.size < ipv4.total_size ? bytes.size : ipv4.total_size;
	*packet = (struct overheard_packet){
		.source = address_v4(ipv4.source),
		.destination = address_v4(ipv4.destination),
		.protocol = ipv4.protocol,
		.ttl = ipv4.ttl,
		.whole = ipv4.fragment_offset == 0 && !ipv4.more_fragments &&
			 size == ipv4.total_size,
		.payload = { bytes.at + ipv4.header_size, size - ipv4.header_size },
	};
	return true;
}

static bool read_v6(struct bytes bytes, size_t present, struct overheard_packet *packet)
{
	struct ipv6_header ipv6;
	struct ipv6_chain chain;

	if (!ipv6_parse(bytes, present, &ipv6))
		return false;
	size_t total = IPV6_HEADER_SIZE + (size_t)ipv6.payload_size;
	if (bytes.size > total)
		bytes.size = total;
	*packet = (struct overheard_packet){ .source = ipv6.source,
					     .destination = ipv6.destination,
					     .ttl = ipv6.hop_limit };
	if (!ipv6_chain_skim(bytes, &chain))
		return true;
	packet->protocol = chain.protocol;
	packet->whole = bytes.size == total && !ipv6_chain_in_parts(&chain);
	if (chain.upper_at <= bytes.size)
		packet->payload = bytes_after(bytes, chain.upper_at);
	else
		packet->whole = false;
	return true;
}

static enum overheard overhear_packet(struct lan_switch *lan, struct lan_port *port,
				      const struct overheard_packet *packet)
{
	bool v4 = address_is_v4(&packet->destination);
	const struct address *pim = v4 ? &v4_pim_routers : &v6_pim_routers;
	uint8_t first = packet->whole && packet->payload.size > 0 ? packet->payload.at[0] : 0;

	if (v4 && packet->protocol == PROTOCOL_IGMP)
		return packet->whole ? overhear_igmp(lan, port, packet) : OVERHEARD_NOTHING;
	if (!v4 && packet->protocol == PROTOCOL_ICMP6 && is_mld(first))
		return overhear_mld(lan, port, packet);
	if (packet->protocol == PROTOCOL_PIM && first == PIM_VERSION_AND_HELLO &&
	    address_equal(&packet->destination, pim))
		snooping_router(lan, port, v4 ? SNOOPED_IGMP : SNOOPED_MLD);
	return OVERHEARD_DATA;
}

/* Does the message lie in the payload? A raw socket's does; of others', only data does. */
static bool is_to_be_gathered(const struct frame *frame, uint16_t type, struct bytes packet)
{
	enum { IPV4_PROTOCOL_AT = 9 };
	if (frame->payload_size == 0)
		return false;
	if (type == ETHERTYPE_IPV4)
		return packet.size > IPV4_PROTOCOL_AT &&
		       packet.at[IPV4_PROTOCOL_AT] == PROTOCOL_IGMP;
	return packet.size > IPV6_NEXT_HEADER_AT &&
	       packet.at[IPV6_NEXT_HEADER_AT] == PROTOCOL_HOP_BY_HOP;
}

enum overheard overhear(struct lan_switch *lan, const struct frame *frame, struct address *group)
{
	struct ethernet_header ethernet;
	struct overheard_packet packet;
	uint8_t gathered[OVERHEAR_PACKET_MOST];

	if (!ethernet_parse(frame_head(frame), &ethernet) ||
	    (ethernet.type != ETHERTYPE_IPV4 && ethernet.type != ETHERTYPE_IPV6))
		return OVERHEARD_NOTHING;
	struct bytes bytes = bytes_after(frame_head(frame), ETHERNET_HEADER_SIZE);
	size_t present = frame_size(frame) - ETHERNET_HEADER_SIZE;
	if (is_to_be_gathered(frame, ethernet.type, bytes)) {
		bytes.at = gathered;
		bytes.size = frame_copy_out(frame, ETHERNET_HEADER_SIZE, gathered, sizeof gathered);
	}
	bool read = ethernet.type == ETHERTYPE_IPV4 ? read_v4(bytes, present, &packet)
						    : read_v6(bytes, present, &packet);
	if (!read || !address_is_multicast(&packet.destination))
		return OVERHEARD_NOTHING;
	*group = packet.destination;
	return overhear_packet(lan, frame->from, &packet);
}
