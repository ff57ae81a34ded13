// SPDX-License-Identifier: Apache-2.0
/*
 * vdpa-run: the entry point of a workload that is a DPDK program of any kind. Waits until the workload has its
 * attachments, adds their arguments to those for EAL, and becomes the program.
 *
 * Environment:
 *   VDPA_DIR   the folder of the attachments (default /var/run/vdpa)
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "link-watch.h"
#include "ready.h"
#include "stale.h"
#include "watch.h"

#define DEFAULT_FOLDER "/var/run/vdpa"
#define FOR_EVER -1

/* How this program ends by itself; as timeout(1) and env(1) do. */
enum {
	EXIT_USAGE = 2,
	EXIT_TIMED_OUT = 124,
	EXIT_NOT_READY = 125,
	EXIT_CANNOT_START = 126,
	EXIT_NO_PROGRAM = 127,
};

#define say(...) fprintf(stderr, "vdpa-run: " __VA_ARGS__)

static const char usage[] =
	"usage: vdpa-run [--timeout SECONDS] [--print] PROGRAM [ARG]... [-- APP-ARG...]\n"
	"\n"
	"Waits for $VDPA_DIR/eal.args (default " DEFAULT_FOLDER "/eal.args), adds its lines to the arguments of PROGRAM,\n"
	"before '--' or at the end, and becomes PROGRAM.\n"
	"  --timeout  how long to wait; without it, for ever; 0: not at all\n"
	"  --print    print the command instead\n"
	"Ends with 2 for wrong usage, 124 when there was nothing in time, 125 when eal.args is unusable, 126 or 127 when\n"
	"PROGRAM cannot be started, 128 and the number of the signal that ended its waiting; else as PROGRAM does.\n";

struct options {
	long long timeout_ms;
	bool print;
	char **program;
};

static bool
read_seconds(const char *text, long long *out_ms)
{
	char *end;
	unsigned long seconds;

	if (*text < '0' || *text > '9' || strlen(text) > 9)
		return false;
	seconds = strtoul(text, &end, 10);
	*out_ms = (long long)seconds * 1000;
	return *end == '\0';
}

/* Returns false for wrong usage. */
static bool
read_options(char **argv, struct options *out)
{
	*out = (struct options){ .timeout_ms = FOR_EVER };
	if (*argv != NULL)
		argv++;
	for (; *argv != NULL && argv[0][0] == '-'; argv++) {
		if (strcmp(*argv, "--") == 0) {
			argv++;
			break;
		}
		if (strcmp(*argv, "--help") == 0) {
			fputs(usage, stdout);
			exit(0);
		}
		if (strcmp(*argv, "--print") == 0)
			out->print = true;
		else if (strcmp(*argv, "--timeout") != 0 || *++argv == NULL || !read_seconds(*argv, &out->timeout_ms))
			return false;
	}
	out->program = argv;
	return *argv != NULL;
}

static void
end_by_signal(int number)
{
	_exit(128 + number);
}

/* The first process of a container has no default for signals: without this, SIGTERM would do nothing. */
static void
end_on_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction action = { .sa_handler = end_by_signal };
		struct sigaction before;

		/* What whoever started this ignores, as nohup(1) does, stays ignored. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

static long long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads the arguments as soon as they are there. Ends the program when that is never. */
static void
wait_for_arguments(const char *path, long long timeout_ms, struct args_file *out)
{
	long long deadline = now_ms() + timeout_ms;
	const char *said = NULL;
	struct watch watch;
	const char *why;

	watch_open(&watch, path);
	for (;;) {
		long long left = timeout_ms == FOR_EVER ? LLONG_MAX : deadline - now_ms();
		enum readiness found;

		watch_begin(&watch);
		found = ready_read(path, out, &why);
		if (found == READY)
			break;
		if (found == BROKEN) {
			say("cannot use %s: %s\n", path, why);
			exit(EXIT_NOT_READY);
		}
		if (left <= 0) {
			say("gave up waiting for %s after %lld s: %s\n", path, timeout_ms / 1000, why);
			exit(EXIT_TIMED_OUT);
		}
		/* One line for each reason, however often it is looked at. */
		if (said == NULL || strcmp(said, why) != 0)
			say("waiting for %s: %s\n", path, why);
		said = why;
		watch_wait(&watch, left);
	}
	watch_close(&watch);
}

int
main(int argc, char **argv)
{
	const char *folder = getenv("VDPA_DIR");
	char path[PATH_MAX];
	struct options options;
	struct args_file extra;
	char **command;
	int reason;

	(void)argc;
	if (!read_options(argv, &options)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (folder == NULL || *folder == '\0')
		folder = DEFAULT_FOLDER;
	if (snprintf(path, sizeof(path), "%s/eal.args", folder) >= (int)sizeof(path)) {
		say("VDPA_DIR is too long\n");
		return EXIT_USAGE;
	}
	end_on_signals();
	wait_for_arguments(path, options.timeout_ms, &extra);
	command = command_merge(options.program, extra.args, extra.count);
	if (command == NULL) {
		say("no memory\n");
		return EXIT_NOT_READY;
	}
	if (options.print) {
		command_print(stdout, command);
		return fflush(stdout) == 0 ? 0 : EXIT_NOT_READY;
	}
	stale_remove(extra.args, extra.count);
	link_watch_start(extra.args, (size_t)extra.count);
	execvp(command[0], command);
	reason = errno;
	say("cannot start %s: %s\n", command[0], strerror(reason));
	return reason == ENOENT ? EXIT_NO_PROGRAM : EXIT_CANNOT_START;
}
