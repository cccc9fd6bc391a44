#include "observe/line_part.h"
#include "wire/icmp6.h"
#include "wire/mld.h"
#include "wire/ndp.h"

static void add_echo(struct text *text, const struct icmp6_message *icmp6)
{
	text_add(text, icmp6->type == ICMP6_ECHO ? "echo request" : "echo reply");
	line_add_named_number(text, ", id ", icmp6->rest >> 16);
	line_add_named_number(text, ", seq ", icmp6->rest & 0xffff);
}

static void add_unreachable(struct text *text, uint8_t code)
{
	static const char *const words[] = {
		[ICMP6_NO_ROUTE] = "no route",
		[ICMP6_PROHIBITED] = "administratively prohibited",
		[ICMP6_BEYOND_SCOPE] = "beyond scope",
		[ICMP6_ADDRESS_UNREACHABLE] = "address unreachable",
		[ICMP6_PORT_UNREACHABLE] = "port unreachable",
		[ICMP6_SOURCE_POLICY] = "source refused by policy",
		[ICMP6_ROUTE_REJECTED] = "route rejected",
	};

	if (code < sizeof words / sizeof words[0])
		text_add(text, words[code]);
	else
		line_add_named_number(text, "unreachable, code ", code);
}

static void add_error(struct text *text, const struct icmp6_message *icmp6)
{
	switch (icmp6->type) {
	case ICMP6_UNREACHABLE:
		add_unreachable(text, icmp6->code);
		break;
	case ICMP6_PACKET_TOO_BIG:
		line_add_named_number(text, "packet too big, mtu ", icmp6->rest);
		break;
	case ICMP6_TIME_EXCEEDED:
		text_add(text, icmp6->code == ICMP6_HOP_LIMIT ? "time exceeded in-transit"
							      : "reassembly time exceeded");
		break;
	default:
		line_add_named_number(text, "parameter problem, code ", icmp6->code);
		line_add_named_number(text, ", pointer ", icmp6->rest);
		break;
	}
	line_add_quoted(text, icmp6->body);
}

static void add_named_address(struct text *text, const char *name, const struct address *address)
{
	text_add(text, name);
	text_add_address(text, address);
}

/* The first few, so that a line has an end. */
static void add_prefixes(struct text *text, struct bytes options)
{
	struct ndp_option option;
	struct ndp_prefix prefix;
	unsigned count = 0;

	while (count < 3 && ndp_take_option(&options, &option)) {
		if (!ndp_parse_prefix(&option, &prefix))
			continue;
		count++;
		add_named_address(text, ", prefix ", &prefix.prefix);
		line_add_named_number(text, "/", prefix.bits);
	}
}

static void add_router_advertisement(struct text *text, const struct ndp_message *ndp)
{
	text_add(text, "router advertisement");
	line_add_named_number(text, ", lifetime ", ndp->lifetime_s);
	if (ndp->mtu > 0)
		line_add_named_number(text, ", mtu ", ndp->mtu);
	add_prefixes(text, ndp->options);
}

static void add_neighbour_advertisement(struct text *text, const struct ndp_message *ndp)
{
	add_named_address(text, "neighbour advertisement, ", &ndp->target);
	if (ndp->has_target_mac) {
		text_add(text, " is at ");
		text_add_mac(text, &ndp->target_mac);
	}
	if (ndp->router)
		text_add(text, ", router");
	if (ndp->solicited)
		text_add(text, ", solicited");
	if (ndp->override)
		text_add(text, ", override");
}

static bool add_ndp(struct text *text, struct bytes message)
{
	struct ndp_message ndp;

	if (!ndp_parse(message, &ndp))
		return false;
	switch (ndp.type) {
	case ICMP6_ROUTER_SOLICITATION:
		text_add(text, "router solicitation");
		break;
	case ICMP6_ROUTER_ADVERTISEMENT:
		add_router_advertisement(text, &ndp);
		break;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		add_named_address(text, "neighbour solicitation, who has ", &ndp.target);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		add_neighbour_advertisement(text, &ndp);
		break;
	default:
		add_named_address(text, "redirect, ", &ndp.destination);
		add_named_address(text, " by ", &ndp.target);
		break;
	}
	return true;
}

/* The first record is shown; a report seldom has more. */
static void add_report(struct text *text, const struct mld_message *mld)
{
	static const char *const words[] = { "unknown",    "is include", "is exclude", "to include",
					     "to exclude", "allow",      "block" };
	struct bytes records = mld->records;
	struct mld_record record;

	line_add_named_number(text, "multicast report v2, records ", mld->count);
	if (mld->count == 0 || !mld_take_record(&records, &record))
		return;
	add_named_address(text, " [", &record.group);
	text_add(text, " ");
	text_add(text, words[record.type < sizeof words / sizeof words[0] ? record.type : 0]);
	line_add_named_number(text, ", sources ", record.count);
	text_add(text, "]");
}

static bool add_mld(struct text *text, struct bytes message)
{
	struct mld_message mld;

	if (!mld_parse(message, &mld))
		return false;
	switch (mld.type) {
	case ICMP6_MLD_QUERY:
		line_add_named_number(text, "multicast query v", mld.version);
		add_named_address(text, " ", &mld.group);
		line_add_named_number(text, ", within ms ", mld.response_ms);
		break;
	case ICMP6_MLD_REPORT:
		add_named_address(text, "multicast report ", &mld.group);
		break;
	case ICMP6_MLD_DONE:
		add_named_address(text, "multicast done ", &mld.group);
		break;
	default:
		add_report(text, &mld);
		break;
	}
	return true;
}

static bool add_known(struct text *text, const struct icmp6_message *icmp6, struct bytes message)
{
	switch (icmp6->type) {
	case ICMP6_ECHO:
	case ICMP6_ECHO_REPLY:
		add_echo(text, icmp6);
		return true;
	case ICMP6_UNREACHABLE:
	case ICMP6_PACKET_TOO_BIG:
	case ICMP6_TIME_EXCEEDED:
	case ICMP6_PARAMETER_PROBLEM:
		add_error(text, icmp6);
		return true;
	default:
		return add_ndp(text, message) || add_mld(text, message);
	}
}

bool line_add_icmp6(struct text *text, const struct line_ends *ends, struct part message)
{
	struct icmp6_message icmp6;

	if (!icmp6_parse(message.bytes, &icmp6))
		return false;
	line_add_ends(text, ends);
	text_add(text, "ICMP6 ");
	if (!add_known(text, &icmp6, message.bytes)) {
		line_add_named_number(text, "type ", icmp6.type);
		line_add_named_number(text, ", code ", icmp6.code);
	}
	line_add_length(text, message.size);
	return true;
}
