// SPDX-License-Identifier: Apache-2.0
#include "link-watch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_PORTS 32
#define SOCKET_NAME "/dpdk_telemetry.v2"
#define ANSWER_BYTES 4096
#define PERIOD_SECONDS 1
/* The driver takes up the next connection by itself: it is left alone meanwhile. */
#define RECONNECT_SECONDS 3
#define ANSWER_SECONDS 5

enum link {
	NOT_SEEN_UP,
	UP,
	LOST,
	/* Lost once and back: it needs nobody any more. */
	CAME_BACK,
};

struct links {
	unsigned int ports[MAX_PORTS];
	enum link states[MAX_PORTS];
	size_t count;
};

size_t
link_watch_ports(const char *answer, unsigned int *ports, size_t size)
{
	const char *at = strchr(answer, '[');
	size_t count = 0;
	char *end;

	while (at != NULL && count < size && (*at == '[' || *at == ',')) {
		unsigned long port = strtoul(at + 1, &end, 10);

		if (end == at + 1)
			break;
		ports[count++] = (unsigned int)port;
		at = end;
	}
	return count;
}

/* Answers whether the program answered. */
static bool
ask(int fd, const char *question, char *answer)
{
	ssize_t bytes;

	if (question != NULL && send(fd, question, strlen(question), MSG_NOSIGNAL) < 0)
		return false;
	bytes = recv(fd, answer, ANSWER_BYTES - 1, 0);
	if (bytes <= 0)
		return false;
	answer[bytes] = '\0';
	return true;
}

/* Whose telemetry it is shows in its greeting. -1: that of another program, or none. */
static int
connect_to(const char *path, pid_t program)
{
	struct timeval patience = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char greeting[ANSWER_BYTES];
	char expected[32];
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	snprintf(expected, sizeof(expected), "\"pid\":%d,", (int)program);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && ask(fd, NULL, greeting) &&
	    strstr(greeting, expected) != NULL)
		return fd;
	close(fd);
	return -1;
}

/* The folder of the socket depends on the user, the environment and EAL's arguments: so the kernel is asked. */
static int
find_telemetry(pid_t program)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	char line[512];
	int fd = -1;

	if (sockets == NULL)
		return -1;
	while (fd < 0 && fgets(line, sizeof(line), sockets) != NULL) {
		char *path = strchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		if (path != NULL && strstr(path, SOCKET_NAME) != NULL)
			fd = connect_to(path, program);
	}
	fclose(sockets);
	return fd;
}

/* Asks for each link that may still be lost unseen. Returns how long to leave them alone, seconds; 0: for ever. */
static unsigned int
look_at_links(int fd, struct links *links)
{
	unsigned int pause = 0;
	char question[64];
	char answer[ANSWER_BYTES];

	for (size_t i = 0; i < links->count; i++) {
		enum link *state = &links->states[i];

		if (*state == CAME_BACK)
			continue;
		snprintf(question, sizeof(question), "/ethdev/link_status,%u", links->ports[i]);
		if (!ask(fd, question, answer))
			return PERIOD_SECONDS;
		if (strstr(answer, "\"UP\"") != NULL)
			*state = *state == LOST ? CAME_BACK : UP;
		else if (*state == UP)
			*state = LOST;
		if (*state == LOST)
			pause = RECONNECT_SECONDS;
		else if (*state != CAME_BACK && pause == 0)
			pause = PERIOD_SECONDS;
	}
	return pause;
}

static void
watch_links(pid_t program)
{
	struct links links = { .count = 0 };
	char answer[ANSWER_BYTES];
	unsigned int pause = PERIOD_SECONDS;
	int fd = -1;

	while (pause != 0) {
		sleep(pause);
		pause = PERIOD_SECONDS;
		if (fd < 0)
			fd = find_telemetry(program);
		if (fd < 0)
			continue;
		if (links.count == 0 && ask(fd, "/ethdev/list", answer))
			links.count = link_watch_ports(answer, links.ports, MAX_PORTS);
		if (links.count > 0)
			pause = look_at_links(fd, &links);
	}
}

static bool
have_socket(char *const *args, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(args[i], "net_virtio_user") != NULL && strstr(args[i], ",server=1") != NULL)
			return true;
	return false;
}

/* Nobody who waits for the end of the program's output, or holds its locks, is to wait for this process. */
static void
let_go_of_files(void)
{
	int nothing = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && nothing >= 0; fd++)
		dup2(nothing, fd);
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
}

void
link_watch_start(char *const *args, size_t count)
{
	pid_t program = getpid();

	if (!have_socket(args, count) || fork() != 0)
		return;
	/* It ends with the program, however that ends. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != program)
		_exit(0);
	prctl(PR_SET_NAME, "vdpa-run-links");
	let_go_of_files();
	watch_links(program);
	_exit(0);
}
