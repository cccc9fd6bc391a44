/* path: where a LAN's socket lies, and whether that place is this user's own. */
#include "control/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 1123, 2.1. */
int control_name_holds(const char *name)
{
	size_t size = strnlen(name, CONTROL_NAME_MOST + 1);
	if (size == 0 || size > CONTROL_NAME_MOST)
		return 0;
	if (name[0] == '-' || name[size - 1] == '-')
		return 0;
	for (size_t i = 0; i < size; i++)
		if (!is_letter_or_digit(name[i]) && name[i] != '-')
			return 0;
	return 1;
}

/* A variable that names a directory from the root; anything else is as good as unset (XDG Base Directory, 0.8). */
static const char *directory_variable(const char *variable)
{
	const char *value = getenv(variable);
	return value && value[0] == '/' ? value : NULL;
}

static int write_directory(char *path, size_t size)
{
	const char *own = directory_variable("XDG_RUNTIME_DIR");
	const char *temporary = directory_variable("TMPDIR");
	int written;

	if (own)
		written = snprintf(path, size, "%s/berth", own);
	else
		written = snprintf(path, size, "%s/berth-%u", temporary ? temporary : "/tmp",
				   (unsigned)geteuid());
	return written < 0 || (size_t)written >= size ? -ENAMETOOLONG : written;
}

/* A directory that is not there is nobody's: connecting will say so. Nobody else may have made it for us. */
static int check_directory(const char *path)
{
	struct stat found;

	if (lstat(path, &found) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISDIR(found.st_mode) || found.st_uid != geteuid() || (found.st_mode & 077) != 0)
		return -EPERM;
	return 0;
}

int control_path(const char *lan, char *path, size_t size, int make)
{
	if (!control_name_holds(lan))
		return -EINVAL;
	int end = write_directory(path, size);
	if (end < 0)
		return end;
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	int error = check_directory(path);
	if (error)
		return error;

	size_t left = size - (size_t)end;
	int written = snprintf(path + end, left, "/%s.sock", lan);
	return written < 0 || (size_t)written >= left ? -ENAMETOOLONG : 0;
}
