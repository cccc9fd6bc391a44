/* question: what ps and ss ask, as JSON. */
#include "daemon/calls.h"
#include "daemon/carrier.h"
#include "daemon/host.h"
#include "daemon/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <net/ethernet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text in as many messages as it takes; a says whether more follow. */
int call_reply_list(struct call *call, json_t *list)
{
	char *text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (!text)
		return -ENOMEM;

	const struct control_header *header = call->header;
	const char *rest = text;
	size_t left = strlen(text);
	while (left > CONTROL_DATA_MOST) {
		session_reply(call->session, header->kind, header->id, 1, rest, CONTROL_DATA_MOST);
		rest += CONTROL_DATA_MOST;
		left -= CONTROL_DATA_MOST;
	}
	session_reply(call->session, header->kind, header->id, 0, rest, left);
	free(text);
	return CALL_NO_REPLY;
}

static json_t *pids_of(const struct host *host)
{
	const struct session *session;
	json_t *pids = json_array();

	TAILQ_FOREACH(session, &host->daemon->sessions, link)
	if (session->host == host)
		json_array_append_new(pids, json_integer(session->pid));
	return pids;
}

static json_t *describe(struct host *host)
{
	char ip[INET_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN], mac[18];
	const uint8_t *m = host->mac;

	inet_ntop(AF_INET, &host->address, ip, sizeof ip);
	inet_ntop(AF_INET6, &host->address6, ip6, sizeof ip6);
	snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
		 m[5]);
	/* A command line need not be UTF-8; then it is left out. */
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o*, s:I, s:I}", "name", host->name, "ip", ip,
			 "ip6", ip6, "mac", mac, "pids", pids_of(host), "command",
			 json_string(host->command), "sockets", (json_int_t)host_socket_count(host),
			 "started", (json_int_t)host->started);
}

int call_hosts(struct call *call)
{
	json_t *list = json_array();
	struct host *host;

	call->session->onlooker = true;
	TAILQ_FOREACH(host, &call->session->daemon->hosts, link)
	if (host->name[0] != '\0')
		json_array_append_new(list, describe(host));
	return call_reply_list(call, list);
}

struct listing {
	const struct host *host;
	json_t *rows;
};

static unsigned port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_PACKET)
		return 0;
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

static void write_address(const struct sockaddr_storage *address, char *text, socklen_t size)
{
	const void *at = &((const struct sockaddr_in *)address)->sin_addr;

	if (address->ss_family == AF_INET6)
		at = &((const struct sockaddr_in6 *)address)->sin6_addr;
	if (address->ss_family == 0 || !inet_ntop(address->ss_family, at, text, size))
		snprintf(text, size, "0.0.0.0");
}

/* What the guest has in its own queue waits as well, and its backlog is the one it asked for. */
static void count_pending(const struct host *host, struct berth_socket_info *info)
{
	const struct carrier *carrier;

	TAILQ_FOREACH(carrier, &host->carriers, link)
	if (carrier->descriptor == info->descriptor)
		listener_queue(carrier, &info->receive_queue, &info->send_queue);
}

/* As ss(8): a socket that is neither bound nor connected is not shown. */
static bool is_unused(const struct berth_socket_info *info)
{
	if (info->type == SOCK_RAW || info->domain == AF_PACKET)
		return false;
	if (info->type == SOCK_DGRAM)
		return port_of(&info->local) == 0;
	return info->state == TCP_CLOSE;
}

static const char *netid_of(const struct berth_socket_info *info)
{
	if (info->domain == AF_PACKET)
		return info->type == SOCK_RAW ? "p_raw" : "p_dgr";
	if (info->type == SOCK_STREAM)
		return "tcp";
	if (info->type == SOCK_RAW)
		return "raw";
	if (info->protocol == IPPROTO_UDPLITE)
		return "udpl";
	if (info->protocol == IPPROTO_ICMPV6)
		return "icmp6";
	return info->protocol == IPPROTO_ICMP ? "icmp" : "udp";
}

static const struct {
	int protocol;
	const char *name;
} ethertypes[] = {
	{ ETH_P_ALL, "*" },
	{ ETH_P_IP, "ip" },
	{ ETH_P_IPV6, "ipv6" },
	{ ETH_P_ARP, "arp" },
};

/* What ss(8) shows as the address of a packet socket, with its interface for the port. */
static void write_link(const struct berth_socket_info *info, char *text, size_t size)
{
	const char *interface = info->interface ? info->interface : "*";

	for (size_t i = 0; i < sizeof ethertypes / sizeof ethertypes[0]; i++) {
		if (ethertypes[i].protocol == info->protocol) {
			snprintf(text, size, "%s:%s", ethertypes[i].name, interface);
			return;
		}
	}
	snprintf(text, size, "[%d]:%s", info->protocol, interface);
}

static void write_addresses(const struct berth_socket_info *info, char *local, char *peer,
			    socklen_t size)
{
	if (info->domain == AF_PACKET) {
		write_link(info, local, size);
		snprintf(peer, size, "*");
		return;
	}
	write_address(&info->local, local, size);
	write_address(&info->peer, peer, size);
}

static void add_row(void *context, const struct berth_socket_info *row)
{
	struct listing *listing = context;
	struct berth_socket_info info = *row;
	char local[INET6_ADDRSTRLEN], peer[INET6_ADDRSTRLEN];

	if (is_unused(&info))
		return;
	if (info.state == TCP_LISTEN)
		count_pending(listing->host, &info);
	write_addresses(&info, local, peer, sizeof local);
	json_array_append_new(listing->rows,
			      json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:s, s:I}", "host",
					listing->host->name, "netid", netid_of(&info), "state",
					berth_tcp_state_name(info.state), "recv_q",
					(json_int_t)info.receive_queue, "send_q",
					(json_int_t)info.send_queue, "local", local, "local_port",
					(json_int_t)port_of(&info.local), "peer", peer, "peer_port",
					(json_int_t)port_of(&info.peer)));
}

static void add_group(void *context, const struct berth_group_info *info)
{
	struct listing *listing = context;
	char group[INET6_ADDRSTRLEN];

	write_address(&info->group, group, sizeof group);
	json_array_append_new(listing->rows,
			      json_pack("{s:s, s:s, s:s, s:I}", "host", listing->host->name,
					"interface", info->interface, "group", group, "users",
					(json_int_t)info->users));
}

int call_groups(struct call *call)
{
	struct listing listing = { .rows = json_array() };
	struct host *host;

	call->session->onlooker = true;
	TAILQ_FOREACH(host, &call->session->daemon->hosts, link)
	{
		listing.host = host;
		if (host->name[0] != '\0')
			berth_host_groups(host->stack, add_group, &listing);
	}
	return call_reply_list(call, listing.rows);
}

int call_sockets(struct call *call)
{
	struct listing listing = { .rows = json_array() };
	struct host *host;

	call->session->onlooker = true;
	TAILQ_FOREACH(host, &call->session->daemon->hosts, link)
	{
		listing.host = host;
		if (host->name[0] != '\0')
			berth_host_sockets(host->stack, add_row, &listing);
	}
	return call_reply_list(call, listing.rows);
}
