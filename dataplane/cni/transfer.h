// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_TRANSFER_H
#define CNI_TRANSFER_H

#include <stddef.h>

#include "answer.h"

/* A test makes them shorter. */
#ifndef CONNECT_TIMEOUT_S
#define CONNECT_TIMEOUT_S 2
#endif
#ifndef INPUT_TIMEOUT_MS
#define INPUT_TIMEOUT_MS 60000
#endif
#ifndef ANSWER_TIMEOUT_MS
#define ANSWER_TIMEOUT_MS 60000
#endif

/* sun_path with its NUL. */
#define MAX_SOCKET_PATH 107

/*
 * Makes sure that no descriptor opened later becomes standard input, output or error, where these are closed. Using
 * the one that was closed still fails.
 */
void transfer_guard_standard_fds(void);

/*
 * Reads standard input to its end, but no more than `size` bytes. Returns how many, or -errno; -ETIMEDOUT after a
 * while.
 */
long transfer_read_input(char *to, size_t size);

/* Writes all of it to standard output. Returns 0 or -errno. */
long transfer_write_output(struct span text);

/*
 * Returns a connected descriptor or -errno: -EAGAIN when nobody accepted in time. `path` is no longer than
 * MAX_SOCKET_PATH.
 */
long transfer_connect(const char *path);

enum transfer_result {
	TRANSFER_OK,
	TRANSFER_TIMED_OUT,
	/* The other side ended before its answer was whole. */
	TRANSFER_CUT,
	TRANSFER_STRANGE,
};

/* Sends the request and waits for the whole answer; `out` points into `buffer`, of `size` bytes. */
enum transfer_result transfer_exchange(int fd, struct span request, char *buffer, size_t size, struct answer *out);

#endif
