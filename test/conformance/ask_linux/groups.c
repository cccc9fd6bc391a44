/* The options of groups, of both families: what they refuse, and how; and the filters that are read back. */
#include "ask.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { LO = 1, NOWHERE = 99, FILTER_MOST = 20000 };

/* One family's names for the same things. */
struct family {
	int domain, level;
	const char *group, *other_group, *source, *other_source, *wrong_group, *wrong_source;
	uint32_t sources_most;
};

static const struct family families[] = {
	{ AF_INET, IPPROTO_IP, "239.1.2.3", "239.1.2.4", "10.0.0.0", "10.9.9.9", "ff15::42",
	  "fd00::1", 10 },
	{ AF_INET6, IPPROTO_IPV6, "ff15::42", "ff15::43", "fd00::", "fd09::9", "239.1.2.3",
	  "10.0.0.1", 64 },
};

static struct sockaddr_storage storage_of(const char *text)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;

	storage.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (storage.ss_family == AF_INET6)
		inet_pton(AF_INET6, text, &v6->sin6_addr);
	else
		inet_pton(AF_INET, text, &v4->sin_addr);
	return storage;
}

static int open_socket(struct asked *asked, const struct family *family)
{
	return asked->calls->socket(asked->context, family->domain, SOCK_DGRAM, 0);
}

static int set(struct asked *asked, int descriptor, int level, int name, const void *value,
	       size_t size)
{
	return asked->calls->setsockopt(asked->context, descriptor, level, name, value,
					(socklen_t)size);
}

/* One call on one group, by the interface that both families have. */
struct request {
	struct asked *asked;
	const struct family *family;
	int descriptor;
	int interface;
	const char *group, *source;
};

static void say_group(const struct request *request, const char *what, int name)
{
	struct group_req value = { .gr_interface = (uint32_t)request->interface,
				   .gr_group = storage_of(request->group) };
	char label[80];

	snprintf(label, sizeof label, "%s %s on %d", what, request->group, request->interface);
	say(request->asked, label,
	    set(request->asked, request->descriptor, request->family->level, name, &value,
		sizeof value));
}

static void say_source(const struct request *request, const char *what, int name)
{
	struct group_source_req value = { .gsr_interface = (uint32_t)request->interface,
					  .gsr_group = storage_of(request->group),
					  .gsr_source = storage_of(request->source) };
	char label[80];

	snprintf(label, sizeof label, "%s %s of %s on %d", what, request->source, request->group,
		 request->interface);
	say(request->asked, label,
	    set(request->asked, request->descriptor, request->family->level, name, &value,
		sizeof value));
}

/* count sources, of which so many are given. */
static void say_filter(const struct request *request, uint32_t mode, uint32_t count, uint32_t given)
{
	static uint8_t space[FILTER_MOST];
	struct group_filter *filter = (struct group_filter *)(void *)space;
	char label[80];

	memset(space, 0, sizeof space);
	filter->gf_interface = (uint32_t)request->interface;
	filter->gf_group = storage_of(request->group);
	filter->gf_fmode = mode;
	filter->gf_numsrc = count;
	for (uint32_t i = 0; i < given; i++) {
		filter->gf_slist[i] = storage_of(request->source);
		uint8_t *at = (uint8_t *)&filter->gf_slist[i];
		at[request->family->domain == AF_INET ? 7 : 23] = (uint8_t)(i + 1);
	}
	snprintf(label, sizeof label, "filter of %s mode %u with %u of %u sources on %d",
		 request->group, mode, given, count, request->interface);
	say(request->asked, label,
	    set(request->asked, request->descriptor, request->family->level, MCAST_MSFILTER, filter,
		GROUP_FILTER_SIZE(given)));
}

static void say_filter_read(const struct request *request, uint32_t room, socklen_t size)
{
	static uint8_t space[FILTER_MOST];
	struct group_filter *filter = (struct group_filter *)(void *)space;
	char label[80];

	memset(space, 0, sizeof space);
	filter->gf_interface = (uint32_t)request->interface;
	filter->gf_group = storage_of(request->group);
	filter->gf_numsrc = room;
	int result = request->asked->calls->getsockopt(request->asked->context, request->descriptor,
						       request->family->level, MCAST_MSFILTER,
						       filter, &size);
	snprintf(label, sizeof label, "filter of %s on %d with room for %u", request->group,
		 request->interface, room);
	say(request->asked, label, result);
	if (result < 0)
		return;
	snprintf(label, sizeof label, "mode %u, %u sources, %u bytes, of family %d",
		 filter->gf_fmode, filter->gf_numsrc, size, filter->gf_slist[0].ss_family);
	say_text(request->asked, "it says", label);
}

static void say_room(const struct request *request, uint32_t room)
{
	say_filter_read(request, room, (socklen_t)GROUP_FILTER_SIZE(room));
}

/* A request like another, but in one thing. */
static struct request on(struct request request, int interface)
{
	request.interface = interface;
	return request;
}

static struct request of(struct request request, const char *group)
{
	request.group = group;
	return request;
}

static struct request from(struct request request, const char *source)
{
	request.source = source;
	return request;
}

static void joining(struct asked *asked)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		const struct family *family = &families[i];
		struct request request = { asked, family,        open_socket(asked, family),
					   LO,    family->group, family->source };
		struct request nowhere = on(request, NOWHERE);
		struct request foreign = of(request, family->wrong_group);
		struct request no_group = of(request, family->source);

		say_group(&foreign, "join", MCAST_JOIN_GROUP);
		say_group(&no_group, "join", MCAST_JOIN_GROUP);
		say_group(&nowhere, "join", MCAST_JOIN_GROUP);
		say_group(&request, "join", MCAST_JOIN_GROUP);
		say_group(&request, "join again", MCAST_JOIN_GROUP);
		say_group(&nowhere, "leave", MCAST_LEAVE_GROUP);
		say_group(&foreign, "leave", MCAST_LEAVE_GROUP);
		say_group(&no_group, "leave", MCAST_LEAVE_GROUP);
		say_group(&request, "leave", MCAST_LEAVE_GROUP);
		say_group(&request, "leave again", MCAST_LEAVE_GROUP);
		say(asked, "a short request",
		    set(asked, request.descriptor, family->level, MCAST_JOIN_GROUP,
			&(struct group_req){ 0 }, sizeof(struct group_req) - 1));
		ask_close(asked, request.descriptor);
	}
}

static void sources(struct asked *asked)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		const struct family *family = &families[i];
		struct request request = { asked, family,        open_socket(asked, family),
					   LO,    family->group, family->source };
		struct request other = from(request, family->other_source);
		struct request foreign = from(request, family->wrong_source);
		struct request unknown = of(request, family->other_group);
		struct request nowhere = on(request, NOWHERE);

		say_source(&request, "join source", MCAST_JOIN_SOURCE_GROUP);
		say_source(&request, "join source again", MCAST_JOIN_SOURCE_GROUP);
		say_source(&foreign, "join source", MCAST_JOIN_SOURCE_GROUP);
		say_source(&request, "block", MCAST_BLOCK_SOURCE);
		say_source(&other, "leave source", MCAST_LEAVE_SOURCE_GROUP);
		say_source(&nowhere, "leave source", MCAST_LEAVE_SOURCE_GROUP);
		say_source(&unknown, "leave source", MCAST_LEAVE_SOURCE_GROUP);
		say_source(&request, "leave source", MCAST_LEAVE_SOURCE_GROUP);
		say_source(&request, "leave source again", MCAST_LEAVE_SOURCE_GROUP);
		say_group(&request, "join", MCAST_JOIN_GROUP);
		say_source(&request, "block", MCAST_BLOCK_SOURCE);
		say_source(&request, "block again", MCAST_BLOCK_SOURCE);
		say_source(&other, "unblock", MCAST_UNBLOCK_SOURCE);
		say_source(&request, "unblock", MCAST_UNBLOCK_SOURCE);
		say_source(&request, "join source when nothing is blocked any more",
			   MCAST_JOIN_SOURCE_GROUP);
		ask_close(asked, request.descriptor);
	}
}

static void filters(struct asked *asked)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		const struct family *family = &families[i];
		struct request request = { asked, family,        open_socket(asked, family),
					   LO,    family->group, family->source };
		struct request unknown = of(request, family->other_group);
		struct request foreign = of(request, family->wrong_group);
		struct request no_group = of(request, family->source);
		struct request nowhere = on(request, NOWHERE);
		struct request foreign_source = from(request, family->wrong_source);
		uint32_t most = family->sources_most;

		say_filter(&request, MCAST_EXCLUDE, 1, 1);
		say_room(&request, 5);
		say_group(&request, "join", MCAST_JOIN_GROUP);
		say_room(&request, 5);
		say_filter(&request, MCAST_EXCLUDE, 3, 3);
		say_room(&request, 5);
		say_room(&request, 2);
		say_room(&request, 0);
		say_filter_read(&request, 5, GROUP_FILTER_SIZE(0) - 1);
		say_room(&unknown, 5);
		say_room(&foreign, 5);
		say_room(&no_group, 5);
		say_room(&nowhere, 5);
		say_filter(&nowhere, MCAST_EXCLUDE, 1, 1);
		say_filter(&unknown, MCAST_EXCLUDE, 1, 1);
		say_filter(&foreign, MCAST_EXCLUDE, 1, 1);
		say_filter(&no_group, MCAST_EXCLUDE, 1, 1);
		say_filter(&foreign_source, MCAST_EXCLUDE, 1, 1);
		say_filter(&request, 2, 1, 1);
		say_filter(&request, MCAST_EXCLUDE, 3, 2);
		say_filter(&request, MCAST_EXCLUDE, most, most);
		say_filter(&request, MCAST_EXCLUDE, most + 1, most + 1);
		say_room(&request, most);
		say_filter(&request, MCAST_INCLUDE, 2, 2);
		say_room(&request, most);
		say_filter(&request, MCAST_EXCLUDE, 0, 0);
		say_source(&request, "join source after that", MCAST_JOIN_SOURCE_GROUP);
		say_filter(&request, MCAST_INCLUDE, 0, 0);
		say_filter(&request, MCAST_INCLUDE, 0, 0);
		say(asked, "a short filter",
		    set(asked, request.descriptor, family->level, MCAST_MSFILTER,
			&(struct group_filter){ 0 }, GROUP_FILTER_SIZE(0) - 1));
		ask_close(asked, request.descriptor);
	}
}

/* IPv4's own. */
static void old_filters(struct asked *asked)
{
	static const struct {
		uint32_t interface, group, mode, count, given;
	} rows[] = {
		{ INADDR_LOOPBACK, 0xef010203, MCAST_EXCLUDE, 3, 3 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_INCLUDE, 2, 2 },
		{ INADDR_LOOPBACK, 0xef010204, MCAST_INCLUDE, 2, 2 },
		{ INADDR_LOOPBACK, 0x0a010203, MCAST_INCLUDE, 2, 2 },
		{ 0x09090909, 0xef010203, MCAST_INCLUDE, 2, 2 },
		{ INADDR_LOOPBACK, 0xef010203, 3, 2, 2 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_EXCLUDE, 3, 2 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_EXCLUDE, 10, 10 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_EXCLUDE, 11, 11 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_INCLUDE, 0, 0 },
		{ INADDR_LOOPBACK, 0xef010203, MCAST_INCLUDE, 0, 0 },
	};
	uint8_t space[256];
	struct ip_msfilter *filter = (struct ip_msfilter *)(void *)space;
	int descriptor = open_socket(asked, &families[0]);
	struct ip_mreq joined = { { htonl(0xef010203) }, { htonl(INADDR_LOOPBACK) } };

	say(asked, "join",
	    set(asked, descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &joined, sizeof joined));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(space, 0, sizeof space);
		filter->imsf_multiaddr.s_addr = htonl(rows[i].group);
		filter->imsf_interface.s_addr = htonl(rows[i].interface);
		filter->imsf_fmode = rows[i].mode;
		filter->imsf_numsrc = rows[i].count;
		for (uint32_t j = 0; j < rows[i].given; j++)
			filter->imsf_slist[j].s_addr = htonl(0x0a000001 + j);
		say(asked, "set",
		    set(asked, descriptor, IPPROTO_IP, IP_MSFILTER, filter,
			IP_MSFILTER_SIZE(rows[i].given)));
		filter->imsf_numsrc = 2;
		socklen_t size = IP_MSFILTER_SIZE(2);
		int result = asked->calls->getsockopt(asked->context, descriptor, IPPROTO_IP,
						      IP_MSFILTER, filter, &size);
		say(asked, "get", result);
		if (result == 0) {
			say(asked, "mode", filter->imsf_fmode);
			say(asked, "sources", filter->imsf_numsrc);
			say(asked, "size", size);
		}
	}
	ask_close(asked, descriptor);
}

/* Of IPv6: those that are a number. */
static void numbers(struct asked *asked)
{
	static const struct {
		const char *name;
		int option;
	} rows[] = {
		{ "IPV6_MULTICAST_IF", IPV6_MULTICAST_IF },
		{ "IPV6_MULTICAST_HOPS", IPV6_MULTICAST_HOPS },
		{ "IPV6_MULTICAST_LOOP", IPV6_MULTICAST_LOOP },
		{ "IPV6_MULTICAST_ALL", IPV6_MULTICAST_ALL },
	};
	static const int values[] = { -2, -1, 0, 1, 2, 99, 255, 256 };
	int descriptor = open_socket(asked, &families[1]);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (size_t j = 0; j <= sizeof values / sizeof values[0]; j++) {
			char label[80];
			int value = 0;
			socklen_t size = sizeof value;
			int result =
				asked->calls->getsockopt(asked->context, descriptor, IPPROTO_IPV6,
							 rows[i].option, &value, &size);
			say(asked, rows[i].name, result < 0 ? result : value);
			if (j == sizeof values / sizeof values[0])
				break;
			if (rows[i].option == IPV6_MULTICAST_IF && values[j] == 2)
				continue; /* the machine may have one of that index */
			snprintf(label, sizeof label, "%s is set to %d", rows[i].name, values[j]);
			say(asked, label,
			    set(asked, descriptor, IPPROTO_IPV6, rows[i].option, &values[j],
				sizeof values[j]));
		}
		say(asked, "as a byte",
		    set(asked, descriptor, IPPROTO_IPV6, rows[i].option, "\1", 1));
	}
	ask_close(asked, descriptor);
}

/* RFC 3493's. */
static void old_memberships(struct asked *asked)
{
	static const struct {
		int option, interface;
		const char *group;
	} rows[] = {
		{ IPV6_ADD_MEMBERSHIP, LO, "fd00::1" },
		{ IPV6_ADD_MEMBERSHIP, LO, "::ffff:239.1.2.3" },
		{ IPV6_ADD_MEMBERSHIP, NOWHERE, "ff15::42" },
		{ IPV6_ADD_MEMBERSHIP, -1, "ff15::42" },
		{ IPV6_ADD_MEMBERSHIP, LO, "ff15::42" },
		{ IPV6_ADD_MEMBERSHIP, LO, "ff15::42" },
		{ IPV6_ADD_MEMBERSHIP, 0, "ff15::42" },
		{ IPV6_ADD_MEMBERSHIP, NOWHERE, "ff15::42" },
		{ IPV6_DROP_MEMBERSHIP, NOWHERE, "ff15::42" },
		{ IPV6_DROP_MEMBERSHIP, LO, "fd00::1" },
		{ IPV6_DROP_MEMBERSHIP, LO, "ff15::43" },
		{ IPV6_DROP_MEMBERSHIP, 0, "ff15::42" },
		{ IPV6_DROP_MEMBERSHIP, 0, "ff15::42" },
	};
	int descriptor = open_socket(asked, &families[1]);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ipv6_mreq value = { .ipv6mr_interface = (unsigned)rows[i].interface };
		char label[80];
		inet_pton(AF_INET6, rows[i].group, &value.ipv6mr_multiaddr);
		snprintf(label, sizeof label, "%s %s on %d",
			 rows[i].option == IPV6_ADD_MEMBERSHIP ? "join" : "leave", rows[i].group,
			 rows[i].interface);
		say(asked, label,
		    set(asked, descriptor, IPPROTO_IPV6, rows[i].option, &value, sizeof value));
		say(asked, "a short one",
		    set(asked, descriptor, IPPROTO_IPV6, rows[i].option, &value, 19));
	}
	ask_close(asked, descriptor);
}

const struct question questions_about_groups[] = {
	{ "groups: joining", joining },
	{ "groups: sources", sources },
	{ "groups: filters", filters },
	{ "groups: filters of IPv4's own", old_filters },
	{ "groups: numbers of IPv6", numbers },
	{ "groups: memberships of IPv6's own", old_memberships },
	{ 0 },
};
