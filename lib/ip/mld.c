#include "ip/mld.h"

#include "ip/group_report.h"
#include "ip/icmp6.h"
#include "wire/ipv6_chain.h"

enum { HOP_LIMIT = 1, MESSAGE_MOST = 1500 };

static const struct address nobody;
static const struct address all_routers = { .bytes = { 0xff, 2, [15] = 2 } };
static const struct address all_v2_routers = { .bytes = { 0xff, 2, [15] = 0x16 } };

static struct address source_of(const struct interface *interface)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (address_holds_zone(&own->address) && interface_address_is_usable(own))
			return own->address;
	}
	return nobody;
}

static void emit(struct ip *ip, struct interface *interface, const struct address *destination,
		 struct bytes message)
{
	icmp6_emit(ip, &(struct icmp6_emission){
			       .interface = interface,
			       .source = source_of(interface),
			       .destination = *destination,
			       .hop_limit = HOP_LIMIT,
			       .router_alert = true,
			       .message = message,
		       });
}

static void send_old(struct ip *ip, struct interface *interface, enum group_version version,
		     const struct address *group, bool joined)
{
	uint8_t message[MLD_SIZE];

	(void)version;
	mld_write(message, joined ? ICMP6_MLD_REPORT : ICMP6_MLD_DONE, 0, group);
	emit(ip, interface, joined ? group : &all_routers,
	     (struct bytes){ message, sizeof message });
}

static size_t write_record(uint8_t *at, enum group_record type, const struct address *group,
			   const struct address *sources, uint16_t count)
{
	return mld_write_record(at, (enum mld_record_type)type, group, sources, count);
}

static void send_report(struct ip *ip, struct interface *interface, uint8_t *bytes, size_t size,
			uint16_t count)
{
	mld_write_report(bytes, count);
	emit(ip, interface, &all_v2_routers, (struct bytes){ bytes, size });
}

static struct address read_source(const struct interface *interface, const uint8_t *at)
{
	return address_in_zone(address_v6(at), interface->index);
}

const struct group_protocol mld_protocol = {
	.report_most = IPV6_MTU_LEAST - IPV6_HEADER_SIZE - IPV6_ROUTER_ALERT_SIZE,
	.header_size = MLD_REPORT_V2_HEADER_SIZE,
	.record_size = MLD_RECORD_SIZE,
	.source_size = 16,
	.write_record = write_record,
	.send_report = send_report,
	.send_old = send_old,
	.read_source = read_source,
};

static bool has_router_alert(const struct ip_packet *packet)
{
	struct ipv6_chain chain;

	return ipv6_chain_walk(packet->header, &chain) == IPV6_CHAIN_HOLDS &&
	       chain.has_router_alert && chain.router_alert == 0;
}

/* RFC 9777, 5.1.14 and 6.2. */
static enum verdict hear_query(struct ip *ip, const struct ip_packet *packet,
			       const struct mld_message *query)
{
	if (!address_is_link_local(&packet->source))
		return DROP_BAD_SOURCE;
	if (!has_router_alert(packet))
		return DROP_OPTIONS;
	group_hear_query(
		ip, packet->interface, GROUPS_OF_IPV6,
		&(struct group_query){
			.version = query->version == 1 ? GROUP_VERSION_OLDER : GROUP_VERSION_NEWEST,
			.general = address_is_unspecified(&query->group),
			.group = query->group,
			.response_ns = query->response_ms * MILLISECOND,
			.interval_ns = query->interval_s * SECOND,
			.robustness = query->robustness,
			.count = query->count,
			.sources = query->sources,
		});
	return DELIVERED;
}

/* RFC 2710, 4; RFC 3590: from nobody as well. */
static enum verdict hear_report(struct ip *ip, const struct ip_packet *packet,
				const struct mld_message *report)
{
	if (!address_is_link_local(&packet->source) && !address_is_unspecified(&packet->source))
		return DROP_BAD_SOURCE;
	group_hear_report(ip, packet->interface, &report->group);
	return DELIVERED;
}

enum verdict mld_input(struct ip *ip, const struct ip_packet *packet)
{
	uint8_t copy[MESSAGE_MOST];
	struct bytes message = frame_head(packet->frame);
	struct mld_message mld;

	if (!packet->interface->ethernet)
		return DROP_IGNORED;
	if (packet->ttl != HOP_LIMIT)
		return DROP_FROM_AFAR;
	if (packet->frame->payload_size > 0)
		message =
			(struct bytes){ copy, frame_copy_out(packet->frame, 0, copy, sizeof copy) };
	if (!mld_parse(message, &mld))
		return DROP_MALFORMED;
	switch (mld.type) {
	case ICMP6_MLD_QUERY:
		return hear_query(ip, packet, &mld);
	case ICMP6_MLD_REPORT:
		return hear_report(ip, packet, &mld);
	default:
		return DROP_IGNORED;
	}
}
