#include "conformance/player/code.h"

#include "conformance/player/evaluate.h"
#include "conformance/player/play.h"
#include "conformance/player/symbols.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INFO_MOST = 512, VARIABLES_MOST = 64, MESSAGE_SIZE = 256 };

struct variable {
	char *name;
	double value;
};

/* What code has done so far, and what Python would be told: the same, with all that was known at each moment. */
struct code {
	struct variable variables[VARIABLES_MOST];
	size_t variable_count;
	bool python_is_asked;
	char *text;
	size_t text_size;
	FILE *writer; /* to text */
};

struct field {
	const char *name;
	uint16_t offset;
	uint8_t size;
};

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct tcp_info, name), sizeof(((struct tcp_info *)0)->name)       \
	}

/* struct tcp_info as <linux/tcp.h> has it; bit fields follow below. */
static const struct field fields[] = {
	FIELD(tcpi_state),
	FIELD(tcpi_ca_state),
	FIELD(tcpi_retransmits),
	FIELD(tcpi_probes),
	FIELD(tcpi_backoff),
	FIELD(tcpi_options),
	FIELD(tcpi_rto),
	FIELD(tcpi_ato),
	FIELD(tcpi_snd_mss),
	FIELD(tcpi_rcv_mss),
	FIELD(tcpi_unacked),
	FIELD(tcpi_sacked),
	FIELD(tcpi_lost),
	FIELD(tcpi_retrans),
	FIELD(tcpi_fackets),
	FIELD(tcpi_last_data_sent),
	FIELD(tcpi_last_ack_sent),
	FIELD(tcpi_last_data_recv),
	FIELD(tcpi_last_ack_recv),
	FIELD(tcpi_pmtu),
	FIELD(tcpi_rcv_ssthresh),
	FIELD(tcpi_rtt),
	FIELD(tcpi_rttvar),
	FIELD(tcpi_snd_ssthresh),
	FIELD(tcpi_snd_cwnd),
	FIELD(tcpi_advmss),
	FIELD(tcpi_reordering),
	FIELD(tcpi_rcv_rtt),
	FIELD(tcpi_rcv_space),
	FIELD(tcpi_total_retrans),
	FIELD(tcpi_pacing_rate),
	FIELD(tcpi_max_pacing_rate),
	FIELD(tcpi_bytes_acked),
	FIELD(tcpi_bytes_received),
	FIELD(tcpi_segs_out),
	FIELD(tcpi_segs_in),
	FIELD(tcpi_notsent_bytes),
	FIELD(tcpi_min_rtt),
	FIELD(tcpi_data_segs_in),
	FIELD(tcpi_data_segs_out),
	FIELD(tcpi_delivery_rate),
	FIELD(tcpi_busy_time),
	FIELD(tcpi_rwnd_limited),
	FIELD(tcpi_sndbuf_limited),
	FIELD(tcpi_delivered),
	FIELD(tcpi_delivered_ce),
	FIELD(tcpi_bytes_sent),
	FIELD(tcpi_bytes_retrans),
	FIELD(tcpi_dsack_dups),
	FIELD(tcpi_reord_seen),
	FIELD(tcpi_rcv_ooopack),
	FIELD(tcpi_snd_wnd),
	/* Newer than the header here may be. */
	{ "tcpi_rcv_wnd", 232, 4 },
	{ "tcpi_rehash", 236, 4 },
	{ "tcpi_total_rto", 240, 2 },
	{ "tcpi_total_rto_recoveries", 242, 2 },
	{ "tcpi_total_rto_time", 244, 4 },
};

struct bits {
	const char *name;
	uint8_t offset, shift, mask;
};

static const struct bits bit_fields[] = {
	{ "tcpi_snd_wscale", 6, 0, 15 },
	{ "tcpi_rcv_wscale", 6, 4, 15 },
	{ "tcpi_delivery_rate_app_limited", 7, 0, 1 },
	{ "tcpi_fastopen_client_fail", 7, 1, 3 },
};

static const char *const memory_names[] = {
	"SK_MEMINFO_RMEM_ALLOC", "SK_MEMINFO_RCVBUF",    "SK_MEMINFO_WMEM_ALLOC",
	"SK_MEMINFO_SNDBUF",     "SK_MEMINFO_FWD_ALLOC", "SK_MEMINFO_WMEM_QUEUED",
	"SK_MEMINFO_OPTMEM",     "SK_MEMINFO_BACKLOG",   "SK_MEMINFO_DROPS",
};

struct facts {
	struct code *code;
	uint8_t info[INFO_MOST];
	socklen_t info_size;
	uint32_t memory[16];
	socklen_t memory_size;
};

static uint64_t number_at(const uint8_t *at, size_t size)
{
	uint64_t number = 0;
	memcpy(&number, at, size); /* little endian, as the machine */
	return number;
}

static bool info_find(const struct facts *facts, const char *name, uint64_t *value)
{
	for (size_t index = 0; index < sizeof fields / sizeof fields[0]; index++) {
		const struct field *field = &fields[index];
		if (strcmp(field->name, name) == 0 &&
		    field->offset + (socklen_t)field->size <= facts->info_size) {
			*value = number_at(facts->info + field->offset, field->size);
			return true;
		}
	}
	for (size_t index = 0; index < sizeof bit_fields / sizeof bit_fields[0]; index++) {
		const struct bits *bits = &bit_fields[index];
		if (strcmp(bits->name, name) == 0 && bits->offset < facts->info_size) {
			*value = facts->info[bits->offset] >> bits->shift & bits->mask;
			return true;
		}
	}
	for (size_t index = 0; index < sizeof memory_names / sizeof memory_names[0]; index++) {
		if (strcmp(memory_names[index], name) == 0 &&
		    (index + 1) * sizeof(uint32_t) <= facts->memory_size) {
			*value = facts->memory[index];
			return true;
		}
	}
	return false;
}

static struct variable *find_variable(struct code *code, const char *name)
{
	for (size_t index = 0; index < code->variable_count; index++) {
		if (strcmp(code->variables[index].name, name) == 0)
			return &code->variables[index];
	}
	return NULL;
}

static bool get(void *context, const char *name, double *value)
{
	struct facts *facts = context;
	const struct variable *variable = find_variable(facts->code, name);
	uint64_t known;
	int64_t symbol;

	if (variable) {
		*value = variable->value;
		return true;
	}
	if (info_find(facts, name, &known)) {
		*value = (double)known;
		return true;
	}
	if (!symbol_find(name, &symbol))
		return false;
	*value = (double)symbol;
	return true;
}

static bool set(void *context, const char *name, double value)
{
	struct facts *facts = context;
	struct code *code = facts->code;
	struct variable *variable = find_variable(code, name);

	if (!variable) {
		char *copy = code->variable_count < VARIABLES_MOST ? strdup(name) : NULL;
		if (!copy)
			return false;
		variable = &code->variables[code->variable_count++];
		variable->name = copy;
	}
	variable->value = value;
	return true;
}

static struct code *code_of(struct play *play)
{
	static const char preamble[] =
		"import sys\n"
		"def _tell(kind, value, trace):\n"
		"  sys.stdout.write('%d %s: %s' % (_line, kind.__name__, value))\n"
		"sys.excepthook = _tell\n"
		"TCP_ESTABLISHED, TCP_SYN_SENT, TCP_SYN_RECV, TCP_FIN_WAIT1, TCP_FIN_WAIT2, "
		"TCP_TIME_WAIT, TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_LISTEN, TCP_CLOSING = "
		"range(1, 12)\n"
		"TCP_CA_Open, TCP_CA_Disorder, TCP_CA_CWR, TCP_CA_Recovery, TCP_CA_Loss = "
		"range(5)\n"
		"TCPI_OPT_TIMESTAMPS, TCPI_OPT_SACK, TCPI_OPT_WSCALE, TCPI_OPT_ECN, "
		"TCPI_OPT_ECN_SEEN, TCPI_OPT_SYN_DATA = 1, 2, 4, 8, 16, 32\n";

	if (play->code)
		return play->code;
	play->code = calloc(1, sizeof *play->code);
	if (!play->code)
		abort();
	play->code->writer = open_memstream(&play->code->text, &play->code->text_size);
	if (!play->code->writer)
		abort();
	fputs(preamble, play->code->writer);
	return play->code;
}

/* What TCP_INFO and SO_MEMINFO say of the socket that packets belong to now. */
static void find_facts(struct play *play, struct facts *facts)
{
	const struct flow *flow = play->flows.current;
	int live = flow && flow->descriptor >= 0 ? play->descriptors[flow->descriptor] : -1;
	struct stack *stack = play->stack;

	facts->info_size = sizeof facts->info;
	if (live < 0 || stack->operations->getsockopt(stack, live, IPPROTO_TCP, TCP_INFO,
						      facts->info, &facts->info_size) < 0)
		facts->info_size = 0;
	facts->memory_size = sizeof facts->memory;
	if (live < 0 || stack->operations->getsockopt(stack, live, SOL_SOCKET, SO_MEMINFO,
						      facts->memory, &facts->memory_size) < 0)
		facts->memory_size = 0;
}

static void write_fact(const struct facts *facts, const char *name)
{
	uint64_t value;
	if (info_find(facts, name, &value))
		fprintf(facts->code->writer, "%s = %llu\n", name, (unsigned long long)value);
}

static void write_for_python(const struct facts *facts, const char *text, int line)
{
	for (size_t index = 0; index < sizeof fields / sizeof fields[0]; index++)
		write_fact(facts, fields[index].name);
	for (size_t index = 0; index < sizeof bit_fields / sizeof bit_fields[0]; index++)
		write_fact(facts, bit_fields[index].name);
	for (size_t index = 0; index < sizeof memory_names / sizeof memory_names[0]; index++)
		write_fact(facts, memory_names[index]);
	text += strspn(text, " \t");
	fprintf(facts->code->writer, "_line = %d\n%s\n", line, text);
}

void code_run(struct play *play, const char *text, int line)
{
	struct facts facts = { .code = code_of(play) };
	const struct evaluation_names names = { get, set, &facts };
	char message[MESSAGE_SIZE];

	find_facts(play, &facts);
	write_for_python(&facts, text, line);
	if (facts.code->python_is_asked)
		return;
	enum evaluation result = evaluate(text, &names, message, sizeof message);
	if (result == EVALUATION_UNKNOWN)
		facts.code->python_is_asked = true;
	else if (result == EVALUATION_FAILS)
		outcome_fail(play->outcome, line, "%s", message);
}

/* Python, with both ends of it; -1: there is none. */
static pid_t start_python(int *to, int *from)
{
	int in[2], out[2];

	if (pipe(in) < 0 || pipe(out) < 0)
		return -1;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int index = 0; index < 2; index++) {
			close(in[index]);
			close(out[index]);
		}
		execlp("python3", "python3", "-", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	*to = in[1];
	*from = out[0];
	return child;
}

static void ask_python(struct play *play, const char *text, size_t size)
{
	char said[MESSAGE_SIZE];
	size_t said_size = 0;
	int to, from, status = 0, line = 0, read_size = 0;
	pid_t child = start_python(&to, &from);

	if (child < 0) {
		outcome_skip(play->outcome, 0, "python3");
		return;
	}
	signal(SIGPIPE, SIG_IGN);
	for (ssize_t done; size > 0 && (done = write(to, text, size)) > 0; size -= (size_t)done)
		text += done;
	close(to);
	for (ssize_t got; said_size + 1 < sizeof said &&
			  (got = read(from, said + said_size, sizeof said - 1 - said_size)) > 0;)
		said_size += (size_t)got;
	said[said_size] = '\0';
	close(from);
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		outcome_skip(play->outcome, 0, "python3");
		return;
	}
	if (status == 0)
		return;
	if (sscanf(said, "%d %n", &line, &read_size) < 1)
		read_size = 0;
	outcome_fail(play->outcome, line, "%s", said + read_size);
}

void code_finish(struct play *play)
{
	struct code *code = play->code;

	if (!code)
		return;
	fclose(code->writer);
	if (code->python_is_asked && play->outcome->kind == PASSED)
		ask_python(play, code->text, code->text_size);
	for (size_t index = 0; index < code->variable_count; index++)
		free(code->variables[index].name);
	free(code->text);
	free(code);
	play->code = NULL;
}
