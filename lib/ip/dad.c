#include "ip/dad.h"

#include "ip/group_report.h"
#include "ip/identifier.h"
#include "ip/ip.h"
#include "ip/ndp.h"

static bool is_asked_for(const struct ip *ip, const struct interface_address *own)
{
	return own->origin == ADDRESS_AUTOCONFIGURED ||
	       ip->discovery.detection != DETECT_AUTOCONFIGURED;
}

static void ask_later(struct ip *ip, struct interface_address *own)
{
	own->state = ip->discovery.detection == DETECT_ALL ? ADDRESS_TENTATIVE : ADDRESS_OPTIMISTIC;
	own->probes_left = DAD_PROBES;
	own->probe_due = ip->clock->now + random_below(&ip->random, (uint32_t)DAD_DELAY_NS);
	discovery_expect(ip, own->probe_due);
}

/* Of its address of the link a host says nothing that nobody asks. */
void dad_begin(struct ip *ip, struct interface *interface, struct interface_address *own)
{
	if (is_asked_for(ip, own))
		ask_later(ip, own);
	else if (own->origin != ADDRESS_OF_LINK)
		ndp_announce(ip, interface, own);
}

/* RFC 4862, 5.4.2: from nobody, to all that may have it. */
static void probe(struct ip *ip, struct interface *interface, struct interface_address *own)
{
	struct address group = address_solicited_node(&own->address);
	uint64_t nonce = random_next(&ip->random);

	memcpy(own->nonce, &nonce, sizeof own->nonce);
	own->probes_left--;
	ndp_send(ip, &(struct ndp_sending){
			     .interface = interface,
			     .destination = &group,
			     .message =
				     &(struct ndp_message){
					     .type = ICMP6_NEIGHBOUR_SOLICITATION,
					     .target = own->address,
					     .nonce = { own->nonce, sizeof own->nonce },
				     },
		     });
}

uint64_t dad_run(struct ip *ip, struct interface *interface, struct interface_address *own)
{
	uint64_t now = ip->clock->now;

	if (own->probe_due > now)
		return own->probe_due;
	if (own->probes_left > 0) {
		probe(ip, interface, own);
		own->probe_due = now + interface_retransmit_ns(interface);
	} else {
		own->probe_due = NEVER;
		own->state = own->preferred_until > now ? ADDRESS_PREFERRED : ADDRESS_DEPRECATED;
		ndp_announce(ip, interface, own);
		if (address_is_link_local(&own->address))
			group_reports_renew(ip, interface);
	}
	return own->probe_due;
}

static bool is_our_nonce(const struct interface_address *own, struct bytes nonce)
{
	return nonce.size == sizeof own->nonce &&
	       memcmp(nonce.at, own->nonce, sizeof own->nonce) == 0;
}

/* Only an address made of a secret can be made anew: RFC 7217, 6. */
static void give_up(struct ip *ip, struct interface *interface, struct interface_address *own)
{
	own->state = ADDRESS_DUPLICATE;
	own->probe_due = NEVER;
	own->duplicates++;
	if (!ip->discovery.stable_identifiers || own->origin == ADDRESS_GIVEN ||
	    own->duplicates == DAD_TRIES)
		return;
	struct address other = identifier_form(ip, interface, &own->address, own->duplicates);
	struct address group = address_solicited_node(&own->address);
	struct address other_group = address_solicited_node(&other);
	if (group_hold(ip, interface, &other_group) != 0)
		return;
	group_let_go(ip, interface, &group);
	own->address = other;
	ask_later(ip, own);
}

bool dad_claimed(struct ip *ip, struct interface *interface, struct interface_address *own,
		 struct bytes nonce)
{
	if (own->state == ADDRESS_DUPLICATE)
		return true;
	if (is_our_nonce(own, nonce)) {
		own->probes_left = DAD_PROBES_LOOPED;
		return false;
	}
	give_up(ip, interface, own);
	return true;
}
