/* socket_files: those of /proc/net that list or count sockets and groups: files.h. */
#ifndef INQUIRY_SOCKET_FILES_H
#define INQUIRY_SOCKET_FILES_H

#include "inquiry/files.h"

typedef void about_sockets(const struct file_reader *reader, FILE *to);

about_sockets file_of_tcp, file_of_tcp6, file_of_udp, file_of_udp6, file_of_raw, file_of_raw6,
	file_of_pings, file_of_groups, file_of_groups6, file_of_numbers, file_of_numbers6;

#endif
