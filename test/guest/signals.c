/* Signals in calls that wait: EINTR without SA_RESTART, the call again with it, EINTR always where a timeout is set. */
#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static volatile sig_atomic_t handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

static void handle_with(int flags)
{
	const struct sigaction action = { .sa_handler = handle, .sa_flags = flags };
	MUST(sigaction(SIGALRM, &action, NULL));
}

static void alarm_in(long ms)
{
	const struct itimerval timer = { .it_value = { ms / 1000, ms % 1000 * 1000 } };
	MUST(setitimer(ITIMER_REAL, &timer, NULL));
}

/* A child that connects after a while. */
static pid_t connect_later(const struct sockaddr_in *address, useconds_t us)
{
	pid_t child = fork();
	if (child == 0) {
		usleep(us);
		guest_connect(address);
		usleep(100000);
		_exit(0);
	}
	return child;
}

static void in_accept(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5);
	handle_with(0);
	alarm_in(50);
	SAY(accept(listener, NULL, NULL));
	printf("handled %d\n", (int)handled);

	handle_with(SA_RESTART);
	handled = 0;
	pid_t child = connect_later(&address, 300000);
	alarm_in(50);
	SAY(accept(listener, NULL, NULL));
	printf("handled %d\n", (int)handled);
	waitpid(child, NULL, 0);

	const struct timeval timeout = { 5, 0 }, brief = { 0, 50000 };
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
	alarm_in(50);
	SAY(accept(listener, NULL, NULL));
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief)));
	SAY(accept(listener, NULL, NULL));
	close(listener);
}

/* The listener's queue is full: connect waits. */
static void in_connect(void)
{
	struct sockaddr_in address;
	int listener = guest_listen_full(&address), made = guest_socket();
	handle_with(0);
	handled = 0;
	alarm_in(50);
	SAY(connect(made, (struct sockaddr *)&address, sizeof(address)));
	printf("handled %d\n", (int)handled);
	MUST(accept(listener, NULL, NULL));
	MUST(accept(listener, NULL, NULL));
	SAY(connect(made, (struct sockaddr *)&address, sizeof(address)));
	SAY(connect(made, (struct sockaddr *)&address, sizeof(address)));

	guest_connect(&address);
	int other = guest_socket();
	const struct timeval brief = { 0, 50000 };
	MUST(setsockopt(other, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof(brief)));
	SAY(connect(other, (struct sockaddr *)&address, sizeof(address)));
	SAY(connect(other, (struct sockaddr *)&address, sizeof(address)));
	close(listener);
}

static void *wait_in_accept(void *listener)
{
	int accepted = accept(*(int *)listener, NULL, NULL);
	printf("thread: %s, handled %d\n", accepted < 0 ? strerrorname_np(errno) : "ok",
	       (int)handled);
	return NULL;
}

/* Many restarts of a call that waits, by another thread's signals. */
static void storm(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5);
	pthread_t thread;
	handle_with(SA_RESTART);
	handled = 0;
	MUST(-pthread_create(&thread, NULL, wait_in_accept, &listener));
	for (int i = 0; i < 20; i++) {
		usleep(20000);
		int before = handled;
		pthread_kill(thread, SIGALRM);
		while (handled == before)
			usleep(1000);
	}
	int made = guest_connect(&address);
	pthread_join(thread, NULL);
	close(made);
}

/* A plain signal ends a program that waits. */
static void killed(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5), status = 0;
	pid_t child = fork();
	if (child == 0) {
		accept(listener, NULL, NULL);
		_exit(0);
	}
	usleep(50000);
	kill(child, SIGTERM);
	waitpid(child, &status, 0);
	printf("ended by %s\n", WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : "itself");
}

int main(void)
{
	in_accept();
	in_connect();
	storm();
	killed();
	return 0;
}
