/* syntax: a script as it was read. Numbers are the script's own: nothing of the stack under test is in here.
 *
 * All of it lies in the script's arena. Times are nanoseconds. */
#ifndef PLAYER_SYNTAX_H
#define PLAYER_SYNTAX_H

#include "conformance/player/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* What calls are given and give back. */
enum expression_kind {
	EXPRESSION_ANY,    /* ...: not looked at */
	EXPRESSION_NUMBER, /* number */
	EXPRESSION_NAME,   /* text: a symbol, or a call's own word */
	EXPRESSION_TEXT,   /* text, size */
	EXPRESSION_LIST,   /* [a, b] */
	EXPRESSION_RECORD, /* {a, b} or {name=a, name(2)=b} */
	EXPRESSION_EITHER, /* a|b */
	EXPRESSION_APPLY,  /* text(a): htons, inet_addr */
};

struct expression {
	enum expression_kind kind;
	int line;
	int64_t number;
	const char *text;
	size_t size;                /* of text; of a list: how many */
	struct expression *first;   /* of a list, record, either */
	struct expression *next;    /* in it */
	const char *field;          /* its name in a record; NULL: none */
	struct expression *counted; /* what stood in brackets behind the field's name */
};

struct call {
	const char *name;
	struct expression *arguments; /* the first, then by next */
	struct expression *result;
	const char *error; /* ECONNRESET ...; NULL: none */
	bool blocks;       /* it may take until end */
	int64_t end;
};

enum packet_protocol { PACKET_TCP, PACKET_UDP, PACKET_ICMP };

enum tos_check {
	TOS_ANY,
	TOS_ECN,        /* the two bits of ECN */
	TOS_ECN_EITHER, /* ECT(0) or ECT(1) */
	TOS_WHOLE,
};

enum {
	PACKET_OPTIONS_MOST = 40,
	FLAG_AE = 0x100, /* RFC 9768: what was NS; above the octet of the others */
};

struct packet_spec {
	bool inbound;
	enum packet_protocol protocol;
	int line;
	enum tos_check tos_check;
	uint8_t tos;
	int ttl;                      /* 0: not told */
	uint16_t source, destination; /* ports; 0: the connection's */

	/* TCP */
	uint16_t flags; /* as in the header, and FLAG_AE */
	int counter;    /* RFC 9768's ACE, where flags tell a number; -1: not */
	uint32_t sequence, size, acknowledgment;
	int window; /* the field; -1: not told */
	uint16_t urgent;
	uint8_t options[PACKET_OPTIONS_MOST];
	uint8_t options_size;
	bool any_options; /* <...> */

	/* ICMP */
	uint8_t icmp_type, icmp_code;
	int64_t mtu; /* -1: not told */
	uint16_t identifier;
	bool echoes; /* a packet of ours stands in it; sequence and size are its */
	enum packet_protocol echoed;
};

enum event_kind { EVENT_PACKET, EVENT_CALL, EVENT_COMMAND, EVENT_CODE };

enum time_kind {
	TIME_ABSOLUTE,
	TIME_RELATIVE, /* to when what came before was done */
	TIME_ABSOLUTE_RANGE,
	TIME_RELATIVE_RANGE,
	TIME_ANY, /* * */
};

struct event {
	struct event *next;
	enum event_kind kind;
	int line;
	enum time_kind time_kind;
	int64_t time, time_end;
	struct packet_spec packet;
	struct call call;
	const char *text; /* a command, or code */
};

struct script_option {
	struct script_option *next;
	int line;
	const char *name;
	const char *value; /* NULL: none */
};

/* --define, or -D: a word that stands for other text. */
struct definition {
	struct definition *next;
	const char *name;
	const char *value; /* quoted, where the script is to see text or a command */
};

struct script {
	struct arena arena;
	struct definition *definitions;
	struct script_option *options;
	const char *first_command; /* in front of all events; NULL: none */
	int first_command_line;
	struct event *events;
	const char *last_command;
	int last_command_line;
};

#endif
