#include "observe/line_part.h"
#include "wire/icmp.h"

static void add_icmp_echo(struct text *text, const char *name, const struct icmp_message *icmp)
{
	text_add(text, name);
	line_add_named_number(text, ", id ", icmp->rest >> 16);
	line_add_named_number(text, ", seq ", icmp->rest & 0xffff);
}

static void add_unreachable(struct text *text, const struct icmp_message *icmp)
{
	static const char *const words[] = {
		[ICMP_NET_UNREACHABLE] = "net unreachable",
		[ICMP_HOST_UNREACHABLE] = "host unreachable",
		[ICMP_PROTOCOL_UNREACHABLE] = "protocol unreachable",
		[ICMP_PORT_UNREACHABLE] = "port unreachable",
		[ICMP_FRAGMENTATION_NEEDED] = "unreachable - need to frag",
		[ICMP_SOURCE_ROUTE_FAILED] = "source route failed",
	};

	if (icmp->code < sizeof words / sizeof words[0])
		text_add(text, words[icmp->code]);
	else
		line_add_named_number(text, "unreachable, code ", icmp->code);
	if (icmp->code == ICMP_FRAGMENTATION_NEEDED)
		line_add_named_number(text, ", mtu ", icmp->rest & 0xffff);
	line_add_quoted(text, icmp->body);
}

bool line_add_icmp(struct text *text, const struct line_ends *ends, struct part message)
{
	struct icmp_message icmp;

	if (!icmp_parse(message.bytes, &icmp))
		return false;
	line_add_ends(text, ends);
	text_add(text, "ICMP ");
	switch (icmp.type) {
	case ICMP_ECHO:
		add_icmp_echo(text, "echo request", &icmp);
		break;
	case ICMP_ECHO_REPLY:
		add_icmp_echo(text, "echo reply", &icmp);
		break;
	case ICMP_UNREACHABLE:
		add_unreachable(text, &icmp);
		break;
	case ICMP_TIME_EXCEEDED:
		text_add(text, icmp.code == 0 ? "time exceeded in-transit"
					      : "ip reassembly time exceeded");
		line_add_quoted(text, icmp.body);
		break;
	default:
		line_add_named_number(text, "type ", icmp.type);
		line_add_named_number(text, ", code ", icmp.code);
		break;
	}
	line_add_length(text, message.size);
	return true;
}
