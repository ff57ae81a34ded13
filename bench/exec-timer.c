// SPDX-License-Identifier: Apache-2.0
/*
 * exec-timer COUNT INPUT PROGRAM [ARG]...: starts COUNT processes at once, each with INPUT as its standard input, and
 * prints how many nanoseconds passed until the last had ended, and how many of them ended with 0. In C and with
 * vfork(2), so that what starts a process weighs little beside what is started.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t actions;
	int count = argc > 3 ? atoi(argv[1]) : 0;
	int succeeded = 0;
	long long began;

	if (count < 1)
		return 2;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, argv[2], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	began = now_ns();
	for (int i = 0; i < count; i++) {
		pid_t pid;

		if (posix_spawn(&pid, argv[3], &actions, NULL, argv + 3, environ) != 0)
			return 1;
	}
	for (int i = 0; i < count; i++) {
		int status;

		if (wait(&status) < 0)
			return 1;
		succeeded += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	}
	printf("%lld %d\n", now_ns() - began, succeeded);
	return 0;
}
