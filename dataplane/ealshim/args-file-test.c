// SPDX-License-Identifier: Apache-2.0
/* Tests of args-file.c, for `make test`. Needs no DPDK; runs under the address and undefined-behaviour sanitizers. */
#include "args-file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ARGS 4

static const struct {
	const char *what;
	const char *text;
	const char *args[MAX_ARGS + 1];
} cases[] = {
	{ "an empty file", "", { NULL } },
	{ "one argument", "--no-pci\n", { "--no-pci" } },
	{ "several, in their order", "--vdev=b\n--vdev=a\n-m\n64\n", { "--vdev=b", "--vdev=a", "-m", "64" } },
	{ "no newline at the end", "--no-pci\n--in-memory", { "--no-pci", "--in-memory" } },
	{ "one argument, no newline", "x", { "x" } },
	{ "blank lines", "\n\n--no-pci\n\n\n--in-memory\n\n", { "--no-pci", "--in-memory" } },
	{ "nothing but blank lines", "\n\n\n", { NULL } },
	{ "comments", "# one\n--no-pci\n#two\n#\n", { "--no-pci" } },
	{ "nothing but a comment, no newline", "# one", { NULL } },
	{ "'#' inside an argument", "--vdev=a#b\n", { "--vdev=a#b" } },
	{ "lines of Windows", "--no-pci\r\n\r\n# one\r\n--in-memory\r\n", { "--no-pci", "--in-memory" } },
	{ "a carriage return at the end of the file", "--no-pci\r", { "--no-pci" } },
	{ "a carriage return inside", "a\rb\n", { "a\rb" } },
	{ "spaces, which are not taken away", " a b \n", { " a b " } },
	{ "bytes that are no ASCII", "--vdev=\xc3\xbc\xff\n", { "--vdev=\xc3\xbc\xff" } },
	{ "the mark that ends options", "--\n-x\n", { "--", "-x" } },
};

static char folder[] = "/tmp/args-file-test-XXXXXX";
static char path[sizeof(folder) + 16];

static void
put(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	assert(file != NULL);
	assert(fwrite(text, 1, length, file) == length);
	assert(fclose(file) == 0);
}

static void
refuses(const char *what, const char *at, int reason)
{
	struct args_file file = { .count = -7 };

	printf("refuses %s\n", what);
	errno = 0;
	assert(args_file_read(at, &file) == -1);
	assert(errno == reason);
}

static void
reads_table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct args_file file;
		int expected = 0;

		printf("reads %s\n", cases[i].what);
		put(cases[i].text, strlen(cases[i].text));
		assert(args_file_read(path, &file) == 0);
		while (cases[i].args[expected] != NULL)
			expected++;
		assert(file.count == expected);
		for (int at = 0; at < expected; at++)
			assert(strcmp(file.args[at], cases[i].args[at]) == 0);
		assert(file.args[file.count] == NULL);
		args_file_free(&file);
	}
}

static void
reads_up_to_the_limit(void)
{
	char *text = malloc(ARGS_FILE_MAX_BYTES + 1);
	struct args_file file;

	assert(text != NULL);
	memset(text, 'x', ARGS_FILE_MAX_BYTES + 1);
	printf("reads a line as long as the file may be\n");
	put(text, ARGS_FILE_MAX_BYTES);
	assert(args_file_read(path, &file) == 0);
	assert(file.count == 1 && strlen(file.args[0]) == ARGS_FILE_MAX_BYTES);
	args_file_free(&file);

	put(text, ARGS_FILE_MAX_BYTES + 1);
	refuses("a file that is a byte too large", path, EFBIG);

	printf("reads as many arguments as fit\n");
	for (size_t i = 1; i < ARGS_FILE_MAX_BYTES; i += 2)
		text[i] = '\n';
	put(text, ARGS_FILE_MAX_BYTES);
	assert(args_file_read(path, &file) == 0);
	assert(file.count == ARGS_FILE_MAX_BYTES / 2);
	args_file_free(&file);
	free(text);
}

static void
refuses_what_is_no_text(void)
{
	put("--no-pci\n\0--in-memory\n", 22);
	refuses("a NUL byte", path, EILSEQ);
	put("\0", 1);
	refuses("a NUL byte alone", path, EILSEQ);
	assert(unlink(path) == 0);
	refuses("a missing file", path, ENOENT);
	refuses("an empty path", "", ENOENT);
	refuses("a directory", folder, EISDIR);
	assert(mkfifo(path, 0600) == 0);
	refuses("a FIFO, without waiting for a writer", path, EINVAL);
	refuses("a device", "/dev/zero", EINVAL);
	assert(unlink(path) == 0);
	assert(symlink("file", path) == 0);
	refuses("a link to itself", path, ELOOP);
	assert(unlink(path) == 0);
}

static void
leaves_no_descriptor_open(void)
{
	int next = dup(0);

	close(next);
	refuses("a directory", folder, EISDIR);
	put("x\0", 2);
	refuses("a NUL byte", path, EILSEQ);
	assert(dup(0) == next);
	close(next);
}

int
main(void)
{
	assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/file", folder);
	reads_table();
	reads_up_to_the_limit();
	refuses_what_is_no_text();
	leaves_no_descriptor_open();
	assert(unlink(path) == 0);
	assert(rmdir(folder) == 0);
	printf("all passed\n");
	return 0;
}
