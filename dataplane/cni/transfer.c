// SPDX-License-Identifier: Apache-2.0
#include "transfer.h"

#include <sys/un.h>

#include "sys.h"

/* Returns 1 when something can be done with the descriptor, an error of it included; 0 when the time is over. */
static long
wait_for(int fd, short events, long long deadline_ms)
{
	for (;;) {
		long long left = deadline_ms - sys_now_ms();
		long ready = left <= 0 ? 0 : sys_poll(fd, events, left);

		if (ready != -EINTR)
			return ready;
	}
}

void
transfer_guard_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (!sys_is_open(fd))
			sys_open_path("/");
}

long
transfer_read_input(char *to, size_t size)
{
	long long deadline = sys_now_ms() + INPUT_TIMEOUT_MS;
	size_t length = 0;

	while (length < size) {
		long ready = wait_for(0, POLLIN, deadline);
		long got;

		if (ready <= 0)
			return ready < 0 ? ready : -ETIMEDOUT;
		got = sys_read(0, to + length, size - length);
		if (got == 0)
			break;
		if (got > 0)
			length += (size_t)got;
		else if (got != -EINTR && got != -EAGAIN)
			return got;
	}
	return (long)length;
}

long
transfer_write_output(struct span text)
{
	long long deadline = sys_now_ms() + ANSWER_TIMEOUT_MS;
	size_t done = 0;

	while (done < text.length) {
		long wrote = sys_write(1, text.at + done, text.length - done);

		if (wrote >= 0)
			done += (size_t)wrote;
		else if (wrote == -EAGAIN) {
			/* Whoever started this made the pipe non-blocking. */
			if (wait_for(1, POLLOUT, deadline) <= 0)
				return -EAGAIN;
		} else if (wrote != -EINTR)
			return wrote;
	}
	return 0;
}

long
transfer_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct text to = { address.sun_path, 0, MAX_SOCKET_PATH };
	long fd = sys_unix_socket();
	long result;

	if (fd < 0)
		return fd;
	text_put(&to, path);
	/* With many pods at once the agent's queue may be full: connect(2) then waits, as long as this says. */
	sys_set_send_timeout((int)fd, CONNECT_TIMEOUT_S);
	do
		result = sys_connect((int)fd, &address, sizeof(address));
	while (result == -EINTR);
	return result < 0 ? result : fd;
}

static enum transfer_result
send_all(int fd, struct span request, long long deadline)
{
	size_t done = 0;

	while (done < request.length) {
		long sent = sys_send(fd, request.at + done, request.length - done);

		if (sent >= 0)
			done += (size_t)sent;
		else if (sent == -EAGAIN) {
			if (wait_for(fd, POLLOUT, deadline) <= 0)
				return TRANSFER_TIMED_OUT;
		} else if (sent != -EINTR)
			return TRANSFER_CUT;
	}
	return TRANSFER_OK;
}

enum transfer_result
transfer_exchange(int fd, struct span request, char *buffer, size_t size, struct answer *out)
{
	long long deadline = sys_now_ms() + ANSWER_TIMEOUT_MS;
	size_t length = 0;

	if (send_all(fd, request, deadline) == TRANSFER_TIMED_OUT)
		return TRANSFER_TIMED_OUT;
	/* An agent that refuses a request may answer before it has read it all: its answer is looked for in any case. */
	for (;;) {
		long got = sys_receive(fd, buffer + length, size - length);

		if (got == -EAGAIN) {
			if (wait_for(fd, POLLIN, deadline) <= 0)
				return TRANSFER_TIMED_OUT;
			continue;
		}
		if (got == -EINTR)
			continue;
		if (got <= 0)
			return TRANSFER_CUT;
		length += (size_t)got;
		switch (answer_parse((struct span){ buffer, length }, out)) {
		case ANSWER_WHOLE:
			return TRANSFER_OK;
		case ANSWER_STRANGE:
			return TRANSFER_STRANGE;
		case ANSWER_INCOMPLETE:
			break;
		}
		/* There is room for the longest answer and one byte more, which is one too many. */
		if (length == size)
			return TRANSFER_STRANGE;
		/* An agent that sends a byte now and then is not waited for any longer than a silent one. */
		if (sys_now_ms() >= deadline)
			return TRANSFER_TIMED_OUT;
	}
}
