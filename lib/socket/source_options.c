/* source_options: the options of groups and their sources (RFC 3678): IPv4's interface to memberships of sources, the one that
 * both families have, and the filters that are set and read as a whole. What Linux refuses, and how, differs by family here
 * and there. */
#include "socket/group_options.h"

#include <errno.h>

static uint32_t v4_of(const struct in_addr *address)
{
	return get32((const uint8_t *)address);
}

/* An address of that family in the newer interface's form; false: of another. */
static bool read_storage(const struct sockaddr_storage *storage, int domain,
			 struct address *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (domain == AF_INET) {
		memcpy(&v4, storage, sizeof v4);
		*address = address_v4(v4_of(&v4.sin_addr));
	} else {
		memcpy(&v6, storage, sizeof v6);
		*address = address_v6((const uint8_t *)&v6.sin6_addr);
	}
	return storage->ss_family == domain;
}

/* A mapped address is no group to IPv6. */
static bool is_group_of(const struct address *group, int domain)
{
	return address_is_multicast(group) && address_is_v4(group) == (domain == AF_INET);
}

/* Memberships of any source. */

static int read_group(const void *value, int domain, struct udp_group_request *request)
{
	struct group_req group;

	memcpy(&group, value, sizeof group);
	*request = (struct udp_group_request){ .interface = (int)group.gr_interface };
	if (!read_storage(&group.gr_group, domain, &request->group))
		return domain == AF_INET ? -EINVAL : -EADDRNOTAVAIL;
	return domain == AF_INET || is_group_of(&request->group, domain) ? 0 : -EINVAL;
}

static int join_group(struct socket *socket, int domain, const void *value)
{
	struct udp_group_request request;
	int error = read_group(value, domain, &request);
	return error ? error : udp_group_join(socket->datagram, &request, true);
}

static int leave_group(struct socket *socket, int domain, const void *value)
{
	struct udp_group_request request;
	int error = read_group(value, domain, &request);
	return error ? error : udp_group_leave(socket->datagram, &request);
}

/* Memberships of some sources, or of all but some. */

/* What one option of either interface asks for. */
struct source_request {
	struct udp_group_request group;
	struct address source;
};

typedef int source_action(struct udp_socket *socket, const struct source_request *request);

/* Joins where it has not joined yet. */
static int join_source(struct udp_socket *socket, const struct source_request *request)
{
	int error = udp_group_join(socket, &request->group, false);
	if (error && error != -EADDRINUSE)
		return error;
	return udp_group_add_source(socket, &request->group, false, &request->source);
}

static int leave_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_drop_source(socket, &request->group, false, &request->source);
}

static int block_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_add_source(socket, &request->group, true, &request->source);
}

static int unblock_source(struct udp_socket *socket, const struct source_request *request)
{
	return udp_group_drop_source(socket, &request->group, true, &request->source);
}

static int act_old(struct socket *socket, const void *value, socklen_t size, source_action *action)
{
	struct ip_mreq_source asked;

	if (size != sizeof asked)
		return -EINVAL;
	memcpy(&asked, value, sizeof asked);
	struct source_request request = {
		{ address_v4(v4_of(&asked.imr_multiaddr)), v4_of(&asked.imr_interface), 0 },
		address_v4(v4_of(&asked.imr_sourceaddr)),
	};
	return action(socket->datagram, &request);
}

static int act(struct socket *socket, int domain, const void *value, source_action *action)
{
	struct group_source_req asked;
	struct source_request request = { 0 };

	memcpy(&asked, value, sizeof asked);
	request.group.interface = (int)asked.gsr_interface;
	if (!read_storage(&asked.gsr_group, domain, &request.group.group) ||
	    !read_storage(&asked.gsr_source, domain, &request.source))
		return -EADDRNOTAVAIL;
	if (!is_group_of(&request.group.group, domain))
		return -EINVAL;
	return action(socket->datagram, &request);
}

int set_add_source_membership(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, join_source);
}

int set_drop_source_membership(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, leave_source);
}

int set_block_source(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, block_source);
}

int set_unblock_source(struct socket *socket, const void *value, socklen_t size)
{
	return act_old(socket, value, size, unblock_source);
}

/* An option that both families have, at a level of each. */
#define OF_BOTH_FAMILIES(option, call)                                                             \
	static int option##_of(struct socket *socket, int domain, const void *value)               \
	{                                                                                          \
		return call;                                                                       \
	}                                                                                          \
	int set_##option(struct socket *socket, const void *value, socklen_t size)                 \
	{                                                                                          \
		(void)size;                                                                        \
		return option##_of(socket, AF_INET, value);                                        \
	}                                                                                          \
	int set_##option##6(struct socket * socket, const void *value, socklen_t size)             \
	{                                                                                          \
		(void)size;                                                                        \
		return option##_of(socket, AF_INET6, value);                                       \
	}

OF_BOTH_FAMILIES(join_group, join_group(socket, domain, value))
OF_BOTH_FAMILIES(leave_group, leave_group(socket, domain, value))
OF_BOTH_FAMILIES(join_source_group, act(socket, domain, value, join_source))
OF_BOTH_FAMILIES(leave_source_group, act(socket, domain, value, leave_source))
OF_BOTH_FAMILIES(group_block_source, act(socket, domain, value, block_source))
OF_BOTH_FAMILIES(group_unblock_source, act(socket, domain, value, unblock_source))

/* Filters as a whole. */

enum { FILTER_HEADER_SIZE = GROUP_FILTER_SIZE(0), OLD_FILTER_HEADER_SIZE = IP_MSFILTER_SIZE(0) };

static bool is_mode(uint32_t mode)
{
	return mode == MCAST_INCLUDE || mode == MCAST_EXCLUDE;
}

int set_old_filter(struct socket *socket, const void *value, socklen_t size)
{
	struct address sources[UDP_SOURCES_MOST];
	struct ip_msfilter asked;

	memcpy(&asked, value, OLD_FILTER_HEADER_SIZE);
	if (asked.imsf_numsrc > UDP_SOURCES_MOST)
		return -ENOBUFS;
	if (size < IP_MSFILTER_SIZE(asked.imsf_numsrc) || !is_mode(asked.imsf_fmode))
		return -EINVAL;
	const uint8_t *at = (const uint8_t *)value + OLD_FILTER_HEADER_SIZE;
	for (uint32_t index = 0; index < asked.imsf_numsrc; index++)
		sources[index] = address_v4(get32(at + 4 * (size_t)index));
	struct udp_group_request request = { address_v4(v4_of(&asked.imsf_multiaddr)),
					     v4_of(&asked.imsf_interface), 0 };
	return udp_group_set_filter(socket->datagram, &request, asked.imsf_fmode == MCAST_EXCLUDE,
				    sources, asked.imsf_numsrc);
}

int get_old_filter(struct socket *socket, void *value, socklen_t *size)
{
	const struct source_filter *filter;
	struct ip_msfilter asked;

	memcpy(&asked, value, OLD_FILTER_HEADER_SIZE);
	struct udp_group_request request = { address_v4(v4_of(&asked.imsf_multiaddr)),
					     v4_of(&asked.imsf_interface), 0 };
	int error = udp_group_find_filter(socket->datagram, &request, &filter);
	if (error)
		return error;
	const struct sources *sources = &filter->sources;
	uint32_t room = (*size - OLD_FILTER_HEADER_SIZE) / (socklen_t)sizeof(struct in_addr);
	room = room < asked.imsf_numsrc ? room : asked.imsf_numsrc;
	uint32_t count = sources->count < room ? sources->count : room;
	asked.imsf_fmode = filter->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	asked.imsf_numsrc = sources->count;
	memcpy(value, &asked, OLD_FILTER_HEADER_SIZE);
	uint8_t *at = (uint8_t *)value + OLD_FILTER_HEADER_SIZE;
	for (uint32_t index = 0; index < count; index++)
		put32(at + 4 * (size_t)index, address_to_v4(&sources->at[index]));
	*size = (socklen_t)IP_MSFILTER_SIZE(count);
	return 0;
}

/* A source in the form of the newer interface, of which many lie one behind the other. */
static size_t place_of(uint32_t index)
{
	return FILTER_HEADER_SIZE + sizeof(struct sockaddr_storage) * (size_t)index;
}

/* Linux looks at the families of IPv4's sources, and of IPv6's not. */
static int set_filter(struct socket *socket, int domain, const void *value, socklen_t size)
{
	struct address sources[UDP_SOURCES_MOST_V6];
	struct group_filter asked;
	struct sockaddr_storage storage;
	struct udp_group_request request = { 0 };

	memcpy(&asked, value, FILTER_HEADER_SIZE);
	bool of_family = read_storage(&asked.gf_group, domain, &request.group);
	request.interface = (int)asked.gf_interface;
	uint32_t most = domain == AF_INET ? UDP_SOURCES_MOST : UDP_SOURCES_MOST_V6;
	if (asked.gf_numsrc > most)
		return -ENOBUFS;
	if (size < GROUP_FILTER_SIZE(asked.gf_numsrc))
		return -EINVAL;
	for (uint32_t index = 0; index < asked.gf_numsrc; index++) {
		memcpy(&storage, (const uint8_t *)value + place_of(index), sizeof storage);
		of_family &= read_storage(&storage, domain, &sources[index]) || domain == AF_INET6;
	}
	if (!of_family && domain == AF_INET)
		return -EADDRNOTAVAIL;
	if (!of_family || !is_mode(asked.gf_fmode) || !is_group_of(&request.group, domain))
		return -EINVAL;
	return udp_group_set_filter(socket->datagram, &request, asked.gf_fmode == MCAST_EXCLUDE,
				    sources, asked.gf_numsrc);
}

static void write_source(uint8_t *at, int domain, const struct address *source)
{
	const struct endpoint endpoint = { .address = address_in_zone(*source, 0) };
	struct sockaddr_storage storage = { 0 };
	socklen_t size = sizeof storage;

	address_write(domain, &endpoint, (struct sockaddr *)&storage, &size);
	memcpy(at, &storage, sizeof storage);
}

static int get_filter(struct socket *socket, int domain, void *value, socklen_t *size)
{
	const struct source_filter *filter;
	struct group_filter asked;
	struct address group;

	memcpy(&asked, value, FILTER_HEADER_SIZE);
	if (!read_storage(&asked.gf_group, domain, &group))
		return domain == AF_INET ? -EINVAL : -EADDRNOTAVAIL;
	if (!is_group_of(&group, domain))
		return -EINVAL;
	filter = udp_group_filter_on(socket->datagram, &group, (int)asked.gf_interface);
	if (!filter)
		return -EADDRNOTAVAIL;
	const struct sources *sources = &filter->sources;
	uint32_t room = (*size - FILTER_HEADER_SIZE) / (socklen_t)sizeof(struct sockaddr_storage);
	room = room < asked.gf_numsrc ? room : asked.gf_numsrc;
	uint32_t count = sources->count < room ? sources->count : room;
	asked.gf_fmode = filter->exclude ? MCAST_EXCLUDE : MCAST_INCLUDE;
	asked.gf_numsrc = sources->count;
	memcpy(value, &asked, FILTER_HEADER_SIZE);
	for (uint32_t index = 0; index < count; index++)
		write_source((uint8_t *)value + place_of(index), domain, &sources->at[index]);
	*size = (socklen_t)GROUP_FILTER_SIZE(count);
	return 0;
}

int set_group_filter(struct socket *socket, const void *value, socklen_t size)
{
	return set_filter(socket, AF_INET, value, size);
}

int set_group_filter6(struct socket *socket, const void *value, socklen_t size)
{
	return set_filter(socket, AF_INET6, value, size);
}

int get_group_filter(struct socket *socket, void *value, socklen_t *size)
{
	return get_filter(socket, AF_INET, value, size);
}

int get_group_filter6(struct socket *socket, void *value, socklen_t *size)
{
	return get_filter(socket, AF_INET6, value, size);
}
