// SPDX-License-Identifier: Apache-2.0
#include "ready.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether the last line has its end. Files are put there whole, by a rename; this is for those that are not. */
static bool
is_complete(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	char last = '\0';
	bool complete;

	if (fd < 0)
		return false;
	complete = fstat(fd, &info) == 0 && info.st_size > 0 && pread(fd, &last, 1, info.st_size - 1) == 1 && last == '\n';
	close(fd);
	return complete;
}

enum readiness
ready_read(const char *path, struct args_file *out, const char **why)
{
	if (args_file_read(path, out) != 0) {
		*why = strerror(errno);
		return errno == ENOENT || errno == ENOTDIR ? NOT_YET : BROKEN;
	}
	if (out->count == 0) {
		args_file_free(out);
		*why = "it is empty";
		return NOT_YET;
	}
	if (!is_complete(path)) {
		args_file_free(out);
		*why = "its last line has no end";
		return NOT_YET;
	}
	/* EAL would end there, and take what comes behind for the program's own. */
	for (int i = 0; i < out->count; i++) {
		if (strcmp(out->args[i], "--") == 0) {
			args_file_free(out);
			*why = "it has a line '--'";
			return BROKEN;
		}
	}
	return READY;
}
