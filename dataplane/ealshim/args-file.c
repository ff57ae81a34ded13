// SPDX-License-Identifier: Apache-2.0
#include "args-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t length;

	if (file == NULL)
		return NULL;
	text = malloc(ARGS_FILE_MAX_BYTES + 2);
	if (text == NULL) {
		fclose(file);
		return NULL;
	}
	length = fread(text, 1, ARGS_FILE_MAX_BYTES + 1, file);
	errno = 0;
	if (ferror(file))
		errno = EIO;
	else if (length > ARGS_FILE_MAX_BYTES)
		errno = EFBIG;
	else if (memchr(text, '\0', length) != NULL)
		errno = EILSEQ;
	if (errno != 0) {
		int reason = errno;

		free(text);
		fclose(file);
		errno = reason;
		return NULL;
	}
	fclose(file);
	text[length] = '\0';
	return text;
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
	out->count = 0;
	out->args = calloc(lines + 1, sizeof(*out->args));
	if (out->args == NULL) {
		free(text);
		return -1;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "\r")] = '\0';
		if (*line != '\0' && *line != '#')
			out->args[out->count++] = line;
	}
	return 0;
}
