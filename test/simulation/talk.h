/* talk: the programs of a scenario: listeners, and the two ends of each conversation. Ends act only when berth_events names
 * them or a pause of their own is over, so that an event that is not told shows as a conversation that stops.
 *
 * What is checked: the bytes read are those written, each once and in order; the end of the stream comes exactly behind the
 * last; an end that did what it should reaches it, unless the other one did not, and then is told an error. */
#ifndef SIMULATION_TALK_H
#define SIMULATION_TALK_H

#include "simulation/world.h"

enum actor_kind { LISTENER, END };

/* What an event's user points to. */
struct actor {
	enum actor_kind kind;
	uint64_t wake; /* when it acts of its own accord; NEVER: not */
};

enum outcome {
	OPEN,     /* not over, or never begun */
	FINISHED, /* sent all, read to the end of the stream */
	LEFT,     /* closed before that, as planned */
	FAILED,   /* was told an error */
};

struct end {
	struct actor actor;
	struct talk *talk;
	const struct end_plan *plan;
	unsigned host;
	int descriptor; /* -1: none (yet, or any more) */
	bool connecting;
	uint32_t sent, received;
	bool shut;                  /* will send no more: its stream ends at sent */
	bool ended;                 /* has read the end of the other's stream */
	uint64_t write_at, read_at; /* not before */
	unsigned pauses;            /* made so far */
	enum outcome outcome;
	int error;
};

struct talk {
	struct talks *home;
	const struct talk_plan *plan;
	uint16_t client_port;
	struct end ends[2]; /* the client's, the server's */
};

struct listener {
	struct actor actor;
	struct talks *home;
	unsigned host;
	int descriptor;
	uint64_t accept_at;
	bool closed;
};

struct talks {
	struct world *world;
	const struct scenario *scenario;
	struct random random;
	struct talk at[SCENARIO_TALKS];
	struct listener listeners[SCENARIO_HOSTS];
	char failure[256]; /* empty: none yet */
};

void talks_open(struct talks *talks, struct world *world);

/* Lets everybody act who has an event, or whose pause is over; true when anybody did. */
bool talks_act(struct talks *talks);

/* When somebody will act of his own accord. */
uint64_t talks_deadline(const struct talks *talks);

/* Are all conversations over? */
bool talks_are_over(const struct talks *talks);

/* Closes the listeners, and judges how each conversation ended. */
void talks_close(struct talks *talks);

/* How each one stands, a line an end. */
void talks_print(const struct talks *talks, FILE *to);

#endif
