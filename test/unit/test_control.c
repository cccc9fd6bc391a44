#include "control/control.h"

#include "unit/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void make_pair(int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
}

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

/* The lowest free descriptor: the same before and after says that none was left open. */
static int lowest_free(void)
{
	int descriptor = dup(STDERR_FILENO);
	close(descriptor);
	return descriptor;
}

static void a_message_arrives_as_it_was_sent(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct control_message message;
	const struct control_header header = { CONTROL_BIND, 7, 0x123456789abcdef0, -1, 2, 3, 5 };

	make_pair(ends);
	assert_int_equal(control_send(ends[0], &header, "hello", -1), 0);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), sizeof header + 5);
	assert_memory_equal(&message.header, &header, sizeof header);
	assert_memory_equal(message.data, "hello", 5);
	assert_int_equal(descriptor, -1);
	close_pair(ends);
}

static void a_descriptor_goes_beside_its_message(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct control_message message;
	const struct control_header header = { .kind = CONTROL_SOCKET };
	struct stat sent, received;

	make_pair(ends);
	assert_int_equal(control_send(ends[0], &header, NULL, ends[0]), 0);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), sizeof header);
	assert_true(descriptor >= 0);
	fstat(ends[0], &sent);
	fstat(descriptor, &received);
	assert_int_equal(sent.st_ino, received.st_ino);
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	close(descriptor);
	close_pair(ends);
}

static void the_most_data_goes_and_one_byte_more_does_not(void **state)
{
	(void)state;
	int ends[2], descriptor;
	static uint8_t data[CONTROL_DATA_MOST + 1];
	struct control_message message;
	struct control_header header = { .kind = CONTROL_HOSTS, .size = CONTROL_DATA_MOST };

	make_pair(ends);
	assert_int_equal(control_send(ends[0], &header, data, -1), 0);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), sizeof message);
	header.size++;
	assert_int_equal(control_send(ends[0], &header, data, -1), -EMSGSIZE);
	close_pair(ends);
}

static void every_truncation_and_every_wrong_size_is_no_message(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct {
		struct control_header header;
		char data[8];
	} whole = { .header = { .kind = CONTROL_BIND, .size = 8 } };
	struct control_message message;

	make_pair(ends);
	for (size_t size = 1; size < sizeof whole; size++) {
		assert_int_equal(send(ends[0], &whole, size, 0), size);
		assert_int_equal(control_receive(ends[1], &message, &descriptor), -EBADMSG);
	}
	for (uint32_t bit = 0; bit < 32; bit++) {
		whole.header.size = 8 ^ (UINT32_C(1) << bit);
		assert_int_equal(send(ends[0], &whole, sizeof whole, 0), sizeof whole);
		assert_int_equal(control_receive(ends[1], &message, &descriptor), -EBADMSG);
	}
	close_pair(ends);
}

static void a_message_larger_than_any_is_refused(void **state)
{
	(void)state;
	int ends[2], descriptor;
	static uint8_t large[sizeof(struct control_message) + 1];
	struct control_message message;
	const struct control_header header = { .kind = CONTROL_BIND, .size = CONTROL_DATA_MOST };

	make_pair(ends);
	memcpy(large, &header, sizeof header);
	assert_int_equal(send(ends[0], large, sizeof large, 0), sizeof large);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), -EBADMSG);
	close_pair(ends);
}

/* count copies of standard error beside a message, or beside what is none. */
static void send_many(int socket, const void *data, size_t size, size_t count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 32)];
	} beside = { .room = { 0 } };
	struct iovec piece = { (void *)(uintptr_t)data, size };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &beside,
				  .msg_controllen = CMSG_SPACE(sizeof(int) * count) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int) * count);
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(header) + i * sizeof(int), &(int){ STDERR_FILENO }, sizeof(int));
	assert_int_equal(sendmsg(socket, &message, 0), size);
}

static void more_descriptors_than_one_are_closed(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct control_message message;
	const struct control_header header = { .kind = CONTROL_SOCKET };

	make_pair(ends);
	int free_before = lowest_free();
	for (size_t count = 1; count <= 32; count++) {
		send_many(ends[0], &header, sizeof header, count);
		assert_int_equal(control_receive(ends[1], &message, &descriptor), sizeof header);
		assert_true(descriptor >= 0);
		close(descriptor);
		assert_int_equal(lowest_free(), free_before);
	}
	close_pair(ends);
}

static void a_descriptor_beside_no_message_is_closed(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct control_message message;

	make_pair(ends);
	int free_before = lowest_free();
	send_many(ends[0], "x", 1, 2);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), -EBADMSG);
	assert_int_equal(descriptor, -1);
	assert_int_equal(lowest_free(), free_before);
	close_pair(ends);
}

static void an_empty_socket_says_so_and_an_ended_one_ends(void **state)
{
	(void)state;
	int ends[2], descriptor;
	struct control_message message;

	make_pair(ends);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), -EAGAIN);
	close(ends[0]);
	assert_int_equal(control_receive(ends[1], &message, &descriptor), 0);
	const struct control_header header = { .kind = CONTROL_HELLO };
	assert_int_equal(control_send(ends[1], &header, NULL, -1), -EPIPE); /* and no signal */
	close(ends[1]);
}

static void a_name_is_a_dns_label(void **state)
{
	(void)state;
	static const char *const good[] = { "a", "A9", "web-1", "0", "a--b" };
	static const char *const bad[] = { "",    "-",   "-a",       "a-", "a.b",
					   "a/b", "a b", "\303\244", "..", "a\n" };
	char longest[CONTROL_NAME_MOST + 2];

	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(control_name_holds(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(control_name_holds(bad[i]));
	memset(longest, 'x', sizeof longest);
	longest[CONTROL_NAME_MOST + 1] = '\0';
	assert_false(control_name_holds(longest));
	longest[CONTROL_NAME_MOST] = '\0';
	assert_true(control_name_holds(longest));
}

/* A directory of the test's own, of the given mode, as XDG_RUNTIME_DIR. */
struct place {
	char directory[64], inner[80], path[108];
};

static void make_place(struct place *place)
{
	snprintf(place->directory, sizeof place->directory, "/tmp/berth-test-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->inner, sizeof place->inner, "%s/berth", place->directory);
	setenv("XDG_RUNTIME_DIR", place->directory, 1);
}

static void remove_place(const struct place *place)
{
	rmdir(place->inner);
	rmdir(place->directory);
}

static void the_socket_lies_in_the_users_runtime_directory(void **state)
{
	(void)state;
	struct place place;
	char expected[108];
	struct stat found;

	make_place(&place);
	snprintf(expected, sizeof expected, "%s/lan1.sock", place.inner);
	assert_int_equal(control_path("lan1", place.path, sizeof place.path, 0), 0);
	assert_string_equal(place.path, expected);
	assert_int_equal(stat(place.inner, &found), -1); /* not asked to make it */
	assert_int_equal(control_path("lan1", place.path, sizeof place.path, 1), 0);
	assert_int_equal(stat(place.inner, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0700);
	remove_place(&place);
}

static void without_a_runtime_directory_it_lies_in_the_temporary_folder(void **state)
{
	(void)state;
	char path[108], expected[108];

	unsetenv("XDG_RUNTIME_DIR");
	setenv("TMPDIR", "/var/tmp", 1);
	snprintf(expected, sizeof expected, "/var/tmp/berth-%u/x.sock", (unsigned)geteuid());
	assert_int_equal(control_path("x", path, sizeof path, 0), 0);
	assert_string_equal(path, expected);
	setenv("TMPDIR", "relative", 1);
	snprintf(expected, sizeof expected, "/tmp/berth-%u/x.sock", (unsigned)geteuid());
	assert_int_equal(control_path("x", path, sizeof path, 0), 0);
	assert_string_equal(path, expected);
	unsetenv("TMPDIR");
}

static void a_directory_open_to_others_is_refused(void **state)
{
	(void)state;
	struct place place;

	make_place(&place);
	assert_int_equal(mkdir(place.inner, 0700), 0);
	for (mode_t bit = 1; bit <= 040; bit <<= 1) {
		chmod(place.inner, 0700 | bit);
		assert_int_equal(control_path("x", place.path, sizeof place.path, 1), -EPERM);
	}
	chmod(place.inner, 0700);
	assert_int_equal(control_path("x", place.path, sizeof place.path, 1), 0);
	remove_place(&place);
}

static void a_link_or_a_file_in_the_directorys_place_is_refused(void **state)
{
	(void)state;
	struct place place;

	make_place(&place);
	assert_int_equal(symlink("/tmp", place.inner), 0);
	assert_int_equal(control_path("x", place.path, sizeof place.path, 1), -EPERM);
	unlink(place.inner);
	close(open(place.inner, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(control_path("x", place.path, sizeof place.path, 1), -EPERM);
	unlink(place.inner);
	remove_place(&place);
}

static void a_path_without_room_and_a_lan_without_a_name_are_refused(void **state)
{
	(void)state;
	struct place place;

	make_place(&place);
	for (size_t size = 1; size <= strlen(place.inner) + strlen("/x.sock"); size++)
		assert_int_equal(control_path("x", place.path, size, 0), -ENAMETOOLONG);
	assert_int_equal(control_path("../x", place.path, sizeof place.path, 1), -EINVAL);
	assert_int_equal(control_connect("../x"), -EINVAL);
	assert_int_equal(control_connect("x"), -ENOENT);
	remove_place(&place);
}

static void a_socket_that_nobody_listens_on_is_no_daemon(void **state)
{
	(void)state;
	struct place place;
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	make_place(&place);
	assert_int_equal(control_path("x", address.sun_path, sizeof address.sun_path, 1), 0);
	int left = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(bind(left, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(control_connect("x"), -ECONNREFUSED);
	close(left);
	assert_int_equal(control_connect("x"), -ECONNREFUSED);
	unlink(address.sun_path);
	remove_place(&place);
}

static struct carrier_name name_of_a_connection(void)
{
	struct carrier_name name = { .connection = 0xfedcba9876543210 };
	struct sockaddr_in *peer = (struct sockaddr_in *)&name.peer;
	struct sockaddr_in6 *local = (struct sockaddr_in6 *)&name.local;

	*peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(80) };
	inet_pton(AF_INET, "10.77.0.1", &peer->sin_addr);
	*local = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					.sin6_port = htons(65535),
					.sin6_scope_id = 7 };
	inet_pton(AF_INET6, "fe80::1", &local->sin6_addr);
	return name;
}

static void a_carriers_name_tells_both_addresses(void **state)
{
	(void)state;
	struct carrier_name name = name_of_a_connection(), read;
	struct sockaddr_storage address, again;

	socklen_t size = carrier_name_write(&name, &address);
	assert_true(size > 0 && size <= sizeof(struct sockaddr_un));
	assert_true(carrier_name_read(&address, size, &read));
	assert_memory_equal(&read, &name, sizeof name);
	assert_int_equal(carrier_name_write(&name, &again), size);
	assert_memory_not_equal(&address, &again, size); /* nobody can guess it */

	int bound = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(bound, (struct sockaddr *)&address, size), 0);
	close(bound);
}

static void every_truncation_and_a_strangers_name_is_no_carriers(void **state)
{
	(void)state;
	struct carrier_name name = name_of_a_connection(), read;
	struct sockaddr_storage address;
	socklen_t whole = carrier_name_write(&name, &address);

	for (socklen_t size = 0; size < whole; size++)
		assert_false(carrier_name_read(&address, size, &read));
	assert_false(carrier_name_read(&address, whole + 1, &read));
	for (size_t bit = 0; bit < 8 * (offsetof(struct sockaddr_un, sun_path) + 9); bit++) {
		struct sockaddr_storage flipped = address;
		((uint8_t *)&flipped)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(carrier_name_read(&flipped, whole, &read));
	}
}

static void only_a_marked_socket_is_a_carrier(void **state)
{
	(void)state;
	uint64_t inode = 0;
	struct stat found;
	int carrier = socket(AF_UNIX, SOCK_STREAM, 0), plain = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(carrier_mark(carrier), 0);
	assert_true(carrier_is(carrier, &inode));
	fstat(carrier, &found);
	assert_int_equal(inode, found.st_ino);
	assert_false(carrier_is(plain, &inode));
	assert_false(carrier_is(-1, &inode));
	close(carrier);
	close(plain);

	int directory = open("/tmp", O_RDONLY); /* sticky as well */
	assert_false(carrier_is(directory, &inode));
	close(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_as_it_was_sent),
		cmocka_unit_test(a_descriptor_goes_beside_its_message),
		cmocka_unit_test(the_most_data_goes_and_one_byte_more_does_not),
		cmocka_unit_test(every_truncation_and_every_wrong_size_is_no_message),
		cmocka_unit_test(a_message_larger_than_any_is_refused),
		cmocka_unit_test(more_descriptors_than_one_are_closed),
		cmocka_unit_test(a_descriptor_beside_no_message_is_closed),
		cmocka_unit_test(an_empty_socket_says_so_and_an_ended_one_ends),
		cmocka_unit_test(a_name_is_a_dns_label),
		cmocka_unit_test(the_socket_lies_in_the_users_runtime_directory),
		cmocka_unit_test(without_a_runtime_directory_it_lies_in_the_temporary_folder),
		cmocka_unit_test(a_directory_open_to_others_is_refused),
		cmocka_unit_test(a_link_or_a_file_in_the_directorys_place_is_refused),
		cmocka_unit_test(a_path_without_room_and_a_lan_without_a_name_are_refused),
		cmocka_unit_test(a_socket_that_nobody_listens_on_is_no_daemon),
		cmocka_unit_test(a_carriers_name_tells_both_addresses),
		cmocka_unit_test(every_truncation_and_a_strangers_name_is_no_carriers),
		cmocka_unit_test(only_a_marked_socket_is_a_carrier),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
