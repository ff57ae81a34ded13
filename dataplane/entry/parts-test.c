// SPDX-License-Identifier: Apache-2.0
/* Tests of vdpa-run's parts, for `make test`. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "link-watch.h"
#include "ready.h"
#include "watch.h"

static char folder[] = "/tmp/vdpa-run-test-XXXXXX";
static char path[sizeof(folder) + 16];

static void
check_merge(char *const *own, char *const *extra, int extra_count)
{
	char **merged = command_merge(own, extra, extra_count);
	size_t before = 1;
	size_t at = 0;

	assert(merged != NULL && merged[0] == own[0]);
	while (own[before] != NULL && strcmp(own[before], "--") != 0)
		before++;
	for (size_t i = 0; i < before; i++)
		assert(merged[at++] == own[i]);
	for (int i = 0; i < extra_count; i++)
		assert(merged[at++] == extra[i]);
	for (size_t i = before; own[i] != NULL; i++)
		assert(merged[at++] == own[i]);
	assert(merged[at] == NULL);
	free(merged);
}

static void
reads_the_ports_of_every_answer(void)
{
	static const struct {
		const char *answer;
		size_t count;
		unsigned int last;
	} cases[] = {
		{ "{\"/ethdev/list\":[0]}", 1, 0 },	   { "{\"/ethdev/list\":[0,3, 17]}", 3, 17 },
		{ "{\"/ethdev/list\":[]}", 0, 0 },	   { "{\"/ethdev/list\":null}", 0, 0 },
		{ "{\"/ethdev/list\":[0,1,2,3,4]}", 4, 3 }, { "[1,", 1, 1 },
		{ "", 0, 0 },
	};
	unsigned int ports[4];

	printf("reads the ports of every answer\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = link_watch_ports(cases[i].answer, ports, 4);

		assert(count == cases[i].count && (count == 0 || ports[count - 1] == cases[i].last));
	}
}

/* Every vector of these words up to some length, and every number of lines. */
static void
merges_every_command(void)
{
	static char *words[] = { "--", "-l", "", "---" };
	static char *extra[] = { "--vdev=a", "--vdev=b", NULL };
	char *own[7];

	printf("merges every command\n");
	for (int length = 1; length < 7; length++) {
		int all = 1;

		for (int i = 0; i < length; i++)
			all *= 4;
		for (int number = 0; number < all; number++) {
			for (int i = 0, rest = number; i < length; i++, rest /= 4)
				own[i] = words[rest % 4];
			own[length] = NULL;
			for (int count = 0; count < 3; count++)
				check_merge(own, extra, count);
		}
	}
}

static void
prints_for_a_shell(void)
{
	char *command[] = { "a=b", "--vdev=x,path=/a b", "it's", "", "$HOME", "a=b", "\n*", "plain", NULL };
	char line[256];
	FILE *to = fmemopen(line, sizeof(line), "w");

	printf("prints for a shell\n");
	command_print(to, command);
	fclose(to);
	assert(strcmp(line, "''a=b '--vdev=x,path=/a b' 'it'\\''s' '' '$HOME' a=b '\n*' plain\n") == 0);
}

static void
put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void
knows_when_it_is_ready(void)
{
	static const struct {
		const char *text;
		enum readiness readiness;
	} cases[] = {
		{ "--no-pci\n", READY },	{ "--no-pci\n--in-memory\n", READY },
		{ "", NOT_YET },		{ "\n", NOT_YET },
		{ "# none\n", NOT_YET },	{ "--no-pci", NOT_YET },
		{ "--no-pci\n--in-", NOT_YET }, { "--no-pci\n--\n", BROKEN },
		{ "--\n", BROKEN },		{ "---\n", READY },
	};
	struct args_file file;
	const char *why = NULL;

	printf("knows when it is ready\n");
	assert(ready_read(path, &file, &why) == NOT_YET && why != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(cases[i].text);
		assert(ready_read(path, &file, &why) == cases[i].readiness);
		if (cases[i].readiness == READY)
			args_file_free(&file);
	}
	assert(unlink(path) == 0 && mkdir(path, 0700) == 0);
	assert(ready_read(path, &file, &why) == BROKEN);
	assert(rmdir(path) == 0);
}

static void
watches_whatever_is_there(void)
{
	static const char *const paths[] = { "/nowhere/at/all", "/", "file", "", ".", "//", "a/b", "/etc/passwd/x" };
	struct watch watch;

	printf("watches whatever is there\n");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		watch_open(&watch, paths[i]);
		watch_begin(&watch);
		watch_begin(&watch);
		assert(watch.fd < 0 || watch.descriptor >= 0);
		watch_wait(&watch, 1);
		watch_close(&watch);
	}
	watch_open(&watch, path);
	watch_begin(&watch);
	put("x\n");
	/* Does not last, because it has happened. */
	watch_wait(&watch, 1000000);
	watch_close(&watch);
	assert(unlink(path) == 0);
	watch = (struct watch){ .path = path, .fd = -1, .descriptor = -1 };
	watch_begin(&watch);
	watch_wait(&watch, 1);
	watch_close(&watch);
}

int
main(void)
{
	assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/file", folder);
	merges_every_command();
	reads_the_ports_of_every_answer();
	prints_for_a_shell();
	knows_when_it_is_ready();
	watches_whatever_is_there();
	assert(rmdir(folder) == 0);
	printf("all passed\n");
	return 0;
}
