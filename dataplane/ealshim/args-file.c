// SPDX-License-Identifier: Apache-2.0
#include "args-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns a descriptor of a regular file, or -1 with errno set. */
static int
open_regular(const char *path)
{
	/* Opening a FIFO would wait for somebody to write to it. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat info;
	int reason;

	if (fd < 0)
		return -1;
	if (fstat(fd, &info) != 0)
		reason = errno;
	else if (S_ISDIR(info.st_mode))
		reason = EISDIR;
	else if (!S_ISREG(info.st_mode))
		reason = EINVAL;
	else
		return fd;
	close(fd);
	errno = reason;
	return -1;
}

/* Reads up to `size` bytes, less only at the end of the file. Returns how many, or -1 with errno set. */
static ssize_t
read_up_to(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, text + length, size - length);

		if (got == 0)
			break;
		if (got > 0)
			length += (size_t)got;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)length;
}

static char *
read_whole(const char *path)
{
	int fd = open_regular(path);
	char *text;
	ssize_t length = -1;
	int reason;

	if (fd < 0)
		return NULL;
	text = malloc(ARGS_FILE_MAX_BYTES + 1);
	if (text != NULL)
		length = read_up_to(fd, text, ARGS_FILE_MAX_BYTES + 1);
	reason = errno;
	close(fd);
	if (length >= 0 && length <= ARGS_FILE_MAX_BYTES && memchr(text, '\0', (size_t)length) == NULL) {
		text[length] = '\0';
		return text;
	}
	free(text);
	if (length > ARGS_FILE_MAX_BYTES)
		reason = EFBIG;
	else if (length >= 0)
		reason = EILSEQ;
	errno = reason;
	return NULL;
}

/* A line may end as on Windows. */
static void
drop_carriage_return(char *line)
{
	size_t length = strlen(line);

	if (length > 0 && line[length - 1] == '\r')
		line[length - 1] = '\0';
}

int
args_file_read(const char *path, struct args_file *out)
{
	char *text = read_whole(path);
	char *rest = text;
	size_t lines = 1;
	char *line;

	if (text == NULL)
		return -1;
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	out->text = text;
	out->count = 0;
	out->args = calloc(lines + 1, sizeof(*out->args));
	if (out->args == NULL) {
		free(text);
		errno = ENOMEM;
		return -1;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		drop_carriage_return(line);
		if (*line != '\0' && *line != '#')
			out->args[out->count++] = line;
	}
	return 0;
}

void
args_file_free(struct args_file *file)
{
	free(file->args);
	free(file->text);
	file->args = NULL;
	file->text = NULL;
	file->count = 0;
}
