// SPDX-License-Identifier: Apache-2.0
#ifndef ISOLATE_MOUNT_TABLE_H
#define ISOLATE_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct mount_entry {
	int id;
	int parent;
	/* As it is seen from this process; the escapes of mountinfo are undone. Others may be mounted over it. */
	char *target;
	/* Mounts made on the one that this is a copy of appear on it too. */
	bool receives;
};

struct mount_table {
	size_t count;
	struct mount_entry *entries;
	char *text;
};

/* Reads a table as /proc/self/mountinfo has it. Returns 0, or -1 with errno set: EPROTO when it is something else. */
int mount_table_read(const char *path, struct mount_table *out);

/* The same from a text, which is changed and belongs to the table from then on. Returns -1 as above, and frees it. */
int mount_table_parse(char *text, struct mount_table *out);

void mount_table_free(struct mount_table *table);

/*
 * The mount at `path` that was there first: what is mounted on top of it has it as its parent. NULL when nothing is
 * mounted at `path`.
 */
const struct mount_entry *mount_table_lowest_at(const struct mount_table *table, const char *path);

/* Whether `path` is `folder`, or somewhere below it. Both are absolute, without a slash at their end but in "/". */
bool path_within(const char *path, const char *folder);

#endif
