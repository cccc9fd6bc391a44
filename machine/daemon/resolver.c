#include "daemon/resolver.h"

#include "daemon/host.h"

#include <ldns/ldns.h>
#include <string.h>
#include <strings.h>

enum {
	LAST_ADDRESS = 0x0a4dfffe,
	DNS_PORT = 53,
	TTL_SECONDS = 1, /* hosts come and go */
};

/* Whose questions are ours. */

/* IPv4's are mapped. */
static bool is_address_of(const struct host *host, const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return memcmp(&host->address, address->s6_addr + 12, sizeof host->address) == 0;
	return memcmp(&host->address6, address, sizeof *address) == 0;
}

static bool is_host(struct daemon *daemon, const struct in6_addr *address)
{
	const struct host *host;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	if (is_address_of(host, address) && host->name[0] != '\0')
		return true;
	return false;
}

static unsigned port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static void look_for_server(void *context, const struct berth_socket_info *info)
{
	bool *found = context;

	if (info->type != SOCK_RAW && port_of(&info->local) == DNS_PORT &&
	    port_of(&info->peer) == 0)
		*found = true;
}

static bool has_server(const struct host *host)
{
	bool found = false;

	berth_host_sockets(host->stack, look_for_server, &found);
	return found;
}

static uint32_t v4_of(const struct in6_addr *mapped)
{
	uint32_t v4;
	memcpy(&v4, mapped->s6_addr + 12, sizeof v4);
	return ntohl(v4);
}

static bool is_for_many(const struct in6_addr *address)
{
	if (!IN6_IS_ADDR_V4MAPPED(address))
		return IN6_IS_ADDR_MULTICAST(address);
	return IN_MULTICAST(v4_of(address)) || IN_BADCLASS(v4_of(address));
}

static bool is_loopback(const struct in6_addr *address)
{
	if (!IN6_IS_ADDR_V4MAPPED(address))
		return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_LOOPBACK(address);
	return v4_of(address) == INADDR_ANY || v4_of(address) >> 24 == IN_LOOPBACKNET;
}

static bool takes(const struct host *host, const struct in6_addr *address)
{
	if (is_for_many(address))
		return false;
	if (is_loopback(address))
		return !has_server(host);
	if (host_reaches(host, address))
		return !is_host(host->daemon, address);
	return true;
}

bool resolver_takes(const struct host *host, const void *address, size_t size)
{
	struct sockaddr_storage to = { 0 };
	struct in6_addr asked = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&to;

	memcpy(&to, address, size < sizeof to ? size : sizeof to);
	if (port_of(&to) != DNS_PORT)
		return false;
	if (to.ss_family == AF_INET && size >= sizeof *v4)
		memcpy(asked.s6_addr + 12, &v4->sin_addr, sizeof v4->sin_addr);
	else if (to.ss_family == AF_INET6 && size >= sizeof(struct sockaddr_in6))
		asked = ((const struct sockaddr_in6 *)&to)->sin6_addr;
	else
		return false;
	return takes(host, &asked);
}

static bool is_free(struct daemon *daemon, uint32_t v4)
{
	const struct in_addr address = { htonl(v4) };
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(mapped.s6_addr + 12, &address, sizeof address);
	return !is_host(daemon, &mapped);
}

/* Counted down from the last, 10.77.255.254: hosts that are not asked to have another begin at the other end. */
struct in_addr resolver_address(struct daemon *daemon)
{
	uint32_t address = LAST_ADDRESS;

	while (!is_free(daemon, address))
		address--;
	return (struct in_addr){ htonl(address) };
}

/* Answers. */

/* A name of one label. */
static struct host *host_named(struct daemon *daemon, const ldns_rdf *name)
{
	const uint8_t *at = ldns_rdf_data(name);
	struct host *host;

	if (ldns_rdf_size(name) < 3 || (size_t)at[0] + 2 != ldns_rdf_size(name))
		return NULL;
	TAILQ_FOREACH(host, &daemon->hosts, link)
	if (strlen(host->name) == at[0] &&
	    strncasecmp(host->name, (const char *)at + 1, at[0]) == 0)
		return host;
	return NULL;
}

/* Is it the name under in-addr.arpa or ip6.arpa that stands for an address (RFC 1035, 3.5; RFC 3596, 2.5)? */
static bool stands_for(const ldns_rdf *name, ldns_rdf_type type, const void *address, size_t size)
{
	ldns_rdf *data = ldns_rdf_new_frm_data(type, size, address);
	ldns_rdf *reversed = data ? ldns_rdf_address_reverse(data) : NULL;
	bool same = reversed && ldns_dname_compare(reversed, name) == 0;

	ldns_rdf_deep_free(reversed);
	ldns_rdf_deep_free(data);
	return same;
}

static struct host *host_reversed(struct daemon *daemon, const ldns_rdf *name)
{
	struct host *host;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	{
		if (host->name[0] == '\0')
			continue;
		if (stands_for(name, LDNS_RDF_TYPE_A, &host->address, sizeof host->address) ||
		    stands_for(name, LDNS_RDF_TYPE_AAAA, &host->address6, sizeof host->address6))
			return host;
	}
	return NULL;
}

static void add_record(ldns_pkt *answer, const ldns_rdf *owner, ldns_rr_type type, ldns_rdf *data)
{
	ldns_rr *record = data ? ldns_rr_new() : NULL;

	if (!record) {
		ldns_rdf_deep_free(data);
		return;
	}
	ldns_rr_set_owner(record, ldns_rdf_clone(owner));
	ldns_rr_set_type(record, type);
	ldns_rr_set_class(record, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(record, TTL_SECONDS);
	ldns_rr_push_rdf(record, data);
	ldns_pkt_push_rr(answer, LDNS_SECTION_ANSWER, record);
}

static bool asks_for(const ldns_rr *question, ldns_rr_type type)
{
	return ldns_rr_get_type(question) == type || ldns_rr_get_type(question) == LDNS_RR_TYPE_ANY;
}

static ldns_pkt_rcode resolve(struct daemon *daemon, ldns_pkt *answer, const ldns_rr *question)
{
	const ldns_rdf *name = ldns_rr_owner(question);
	struct host *named = host_named(daemon, name);
	struct host *reversed = named ? NULL : host_reversed(daemon, name);

	if (ldns_rr_get_class(question) != LDNS_RR_CLASS_IN)
		return LDNS_RCODE_REFUSED;
	if (named && asks_for(question, LDNS_RR_TYPE_A))
		add_record(answer, name, LDNS_RR_TYPE_A,
			   ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, sizeof named->address,
						 &named->address));
	if (named && asks_for(question, LDNS_RR_TYPE_AAAA))
		add_record(answer, name, LDNS_RR_TYPE_AAAA,
			   ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, sizeof named->address6,
						 &named->address6));
	if (reversed && asks_for(question, LDNS_RR_TYPE_PTR))
		add_record(answer, name, LDNS_RR_TYPE_PTR, ldns_dname_new_frm_str(reversed->name));
	return named || reversed ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN;
}

static size_t write_answer(const ldns_pkt *answer, uint8_t *to)
{
	uint8_t *wire = NULL;
	size_t size = 0;

	if (ldns_pkt2wire(&wire, answer, &size) != LDNS_STATUS_OK || size > RESOLVER_ANSWER_MOST)
		size = 0;
	if (size > 0)
		memcpy(to, wire, size);
	LDNS_FREE(wire);
	return size;
}

static size_t answer_query(struct daemon *daemon, const ldns_pkt *query, uint8_t *to)
{
	const ldns_rr_list *questions = ldns_pkt_question(query);
	ldns_pkt *answer;

	if (ldns_pkt_qr(query) || ldns_rr_list_rr_count(questions) != 1)
		return 0;
	answer = ldns_pkt_new();
	if (!answer)
		return 0;
	const ldns_rr *question = ldns_rr_list_rr(questions, 0);
	ldns_pkt_set_id(answer, ldns_pkt_id(query));
	ldns_pkt_set_opcode(answer, ldns_pkt_get_opcode(query));
	ldns_pkt_set_qr(answer, true);
	ldns_pkt_set_aa(answer, true);
	ldns_pkt_set_ra(answer, true);
	ldns_pkt_set_rd(answer, ldns_pkt_rd(query));
	ldns_pkt_push_rr(answer, LDNS_SECTION_QUESTION, ldns_rr_clone(question));
	ldns_pkt_rcode code = LDNS_RCODE_NOTIMPL;
	if (ldns_pkt_get_opcode(query) == LDNS_PACKET_QUERY)
		code = resolve(daemon, answer, question);
	ldns_pkt_set_rcode(answer, (uint8_t)code);
	size_t size = write_answer(answer, to);
	ldns_pkt_free(answer);
	return size;
}

size_t resolver_answer(struct daemon *daemon, const void *query, size_t size,
		       uint8_t answer[RESOLVER_ANSWER_MOST])
{
	ldns_pkt *packet = NULL;

	if (ldns_wire2pkt(&packet, query, size) != LDNS_STATUS_OK)
		return 0;
	size_t written = answer_query(daemon, packet, answer);
	ldns_pkt_free(packet);
	return written;
}
