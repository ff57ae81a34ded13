// SPDX-License-Identifier: Apache-2.0
#include "mount-table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Spaces, tabs, newlines and backslashes stand as \040 and the like. In place: it only becomes shorter. */
static void
unescape(char *text)
{
	char *out = text;

	while (*text != '\0') {
		if (text[0] == '\\' && is_octal(text[1]) && is_octal(text[2]) && is_octal(text[3])) {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* "36 35 98:0 /root /target options [shared:1] [master:2] … - type source options" */
static int
parse_line(char *line, struct mount_entry *out)
{
	char *rest = line;
	char *fields[6];
	char *tag;

	for (size_t i = 0; i < 6; i++) {
		fields[i] = strsep(&rest, " ");
		if (fields[i] == NULL || *fields[i] == '\0')
			return -1;
	}
	*out = (struct mount_entry){ .id = atoi(fields[0]), .parent = atoi(fields[1]), .target = fields[4] };
	unescape(out->target);
	while ((tag = strsep(&rest, " ")) != NULL && strcmp(tag, "-") != 0)
		out->receives = out->receives || strncmp(tag, "master:", 7) == 0;
	return tag == NULL || out->target[0] != '/' ? -1 : 0;
}

int
mount_table_parse(char *text, struct mount_table *out)
{
	char *rest = text;
	size_t lines = 1;
	char *line;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	*out = (struct mount_table){ .entries = calloc(lines, sizeof(*out->entries)), .text = text };
	if (out->entries == NULL) {
		free(text);
		errno = ENOMEM;
		return -1;
	}
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0')
			continue;
		if (parse_line(line, &out->entries[out->count++]) != 0) {
			mount_table_free(out);
			errno = EPROTO;
			return -1;
		}
	}
	return 0;
}

int
mount_table_read(const char *path, struct mount_table *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	size_t size = 65536;
	char *text = fd < 0 ? NULL : malloc(size);
	ssize_t got = -1;

	/* With thousands of pods it is megabytes. */
	while (text != NULL && (got = read(fd, text + length, size - length - 1)) != 0) {
		char *larger = text;

		if (got < 0 && errno != EINTR)
			break;
		length += got > 0 ? (size_t)got : 0;
		if (size - length < 4096)
			larger = realloc(text, size *= 2);
		if (larger == NULL)
			free(text);
		text = larger;
	}
	if (fd >= 0)
		close(fd);
	if (text == NULL)
		return -1;
	if (got < 0) {
		free(text);
		errno = EIO;
		return -1;
	}
	text[length] = '\0';
	return mount_table_parse(text, out);
}

void
mount_table_free(struct mount_table *table)
{
	free(table->entries);
	free(table->text);
	*table = (struct mount_table){ 0 };
}

const struct mount_entry *
mount_table_lowest_at(const struct mount_table *table, const char *path)
{
	const struct mount_entry *lowest = NULL;

	for (size_t i = 0; i < table->count; i++) {
		const struct mount_entry *entry = &table->entries[i];
		bool on_top = false;

		if (strcmp(entry->target, path) != 0)
			continue;
		for (size_t j = 0; j < table->count; j++)
			on_top = on_top || (table->entries[j].id == entry->parent && j != i &&
					    strcmp(table->entries[j].target, path) == 0);
		if (!on_top)
			lowest = entry;
	}
	return lowest;
}

bool
path_within(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return true;
	return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}
