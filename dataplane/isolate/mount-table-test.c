// SPDX-License-Identifier: Apache-2.0
/* Tests of the reader of mountinfo, for `make test`. */
#include "mount-table.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST "36 1 0:20 / / rw - ext4 /dev/vda rw\n"

static int
parse(const char *text, struct mount_table *out)
{
	return mount_table_parse(strdup(text), out);
}

static void
reads_lines(void)
{
	struct mount_table table;

	printf("reads lines as the kernel writes them\n");
	assert(parse(FIRST
		     "40 36 0:31 /a /run rw,nosuid shared:5 - tmpfs tmpfs rw\n"
		     "41 40 0:32 / /run/a\\040b\\011\\134 rw master:5 propagate_from:3 - tmpfs none rw\n"
		     "42 41 0:33 / /run/c rw shared:9 master:12 unbindable - fuse.x y - z\n",
		     &table) == 0);
	assert(table.count == 4);
	assert(table.entries[0].id == 36 && table.entries[0].parent == 1 && !table.entries[0].receives);
	assert(strcmp(table.entries[1].target, "/run") == 0 && !table.entries[1].receives);
	assert(strcmp(table.entries[2].target, "/run/a b\t\\") == 0 && table.entries[2].receives);
	assert(table.entries[3].receives);
	mount_table_free(&table);
	assert(parse("", &table) == 0 && table.count == 0);
	mount_table_free(&table);
}

static void
refuses_others(void)
{
	static const char *const bad[] = {
		"x\n",
		"36 1 0:20 / /\n",
		"36 1 0:20 / / rw\n",
		"36 1 0:20 / / rw shared:1\n",
		"36 1 0:20 /  rw - ext4 a b\n",
		"36 1 0:20 / relative rw - ext4 a b\n",
		FIRST "36 1 0:20",
	};
	struct mount_table table;

	printf("refuses what is no such table\n");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		assert(parse(bad[i], &table) == -1 && errno == EPROTO);
	}
	assert(mount_table_read("/nowhere", &table) == -1);
	assert(mount_table_read("/", &table) == -1);
}

static void
finds_the_lowest(void)
{
	struct mount_table table;

	printf("finds the mount that lies under the others\n");
	assert(parse(FIRST
		     "52 51 0:3 / /d/a rw master:2 - tmpfs top rw\n"
		     "50 36 0:1 / /d/a rw master:1 - tmpfs lowest rw\n"
		     "51 50 0:2 / /d/a rw - tmpfs middle rw\n"
		     "53 36 0:2 / /d/ab rw - tmpfs other rw\n",
		     &table) == 0);
	assert(mount_table_lowest_at(&table, "/d/a")->id == 50);
	assert(mount_table_lowest_at(&table, "/d/ab")->id == 53);
	assert(mount_table_lowest_at(&table, "/d") == NULL);
	assert(mount_table_lowest_at(&table, "/")->id == 36);
	mount_table_free(&table);
	/* The root of all is its own parent in some name spaces. */
	assert(parse("1 1 0:20 / / rw - rootfs none rw\n", &table) == 0);
	assert(mount_table_lowest_at(&table, "/")->id == 1);
	mount_table_free(&table);
}

static void
reads_the_real_one(void)
{
	struct mount_table table;

	printf("reads that of this process\n");
	assert(mount_table_read("/proc/self/mountinfo", &table) == 0);
	assert(table.count > 0);
	mount_table_free(&table);
}

static void
knows_what_is_within(void)
{
	printf("knows what is within a folder\n");
	assert(path_within("/a", "/a") && path_within("/a/b", "/a") && path_within("/a/b/c", "/a/b"));
	assert(path_within("/", "/") && path_within("/a", "/"));
	assert(!path_within("/ab", "/a") && !path_within("/a", "/a/b") && !path_within("/b/a", "/a"));
}

/* Bytes changed at random in a good table: parsed or refused, and no more. */
static void
survives_anything(void)
{
	static const char good[] = FIRST "41 40 0:32 / /run/a\\040b\\134 rw master:5 shared:2 - tmpfs none rw\n";
	static const char bytes[] = " \n\\0189-/:m";
	uint64_t state = 88172645463325252u;

	printf("survives anything\n");
	for (int round = 0; round < 100000; round++) {
		char *text = strdup(good);
		struct mount_table table;

		for (int change = 0; change < 4; change++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			text[state % (sizeof(good) - 1)] = bytes[(state >> 32) % (sizeof(bytes) - 1)];
		}
		if (mount_table_parse(text, &table) == 0) {
			mount_table_lowest_at(&table, "/");
			mount_table_free(&table);
		}
	}
}

int
main(void)
{
	reads_lines();
	refuses_others();
	finds_the_lowest();
	reads_the_real_one();
	knows_what_is_within();
	survives_anything();
	printf("all passed\n");
	return 0;
}
