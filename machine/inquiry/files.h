/* files: the text of a file of /proc/net (proc_pid_net(5)), as Linux would write it on the host. */
#ifndef INQUIRY_FILES_H
#define INQUIRY_FILES_H

#include "inquiry/inventory.h"

#include <stdio.h>

struct file_reader {
	struct berth_host *host;
	uint32_t uid;
	/* As struct netlink_asker has it. */
	uint64_t (*complete)(void *context, struct berth_socket_info *info);
	void *context;
};

/* name as path.h says it. 0; -ENOENT: there is no such file; -ENOMEM. */
int file_write(const struct file_reader *reader, const char *name, FILE *to);

#endif
