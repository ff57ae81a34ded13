// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_FAILURE_H
#define CNI_FAILURE_H

#include "text.h"

/* Error codes of the CNI specification. */
enum {
	CNI_INVALID_ENVIRONMENT = 4,
	CNI_IO_FAILURE = 5,
	CNI_CANNOT_DECODE = 6,
	CNI_TRY_AGAIN_LATER = 11,
	/* STATUS: the plugin cannot serve ADD. What is attached already goes on. */
	CNI_NOT_AVAILABLE = 50,
};

struct failure {
	int code;
	const char *msg;
	/* NUL-terminated; "" for none. */
	char details[512];
};

void failure_set(struct failure *out, int code, const char *msg, const char *details);
/* Goes on writing the details. */
void failure_add(struct failure *out, const char *text);
void failure_add_number(struct failure *out, unsigned long long number);
/* What went wrong with a system call, in words where they are known; `error` is positive. */
void failure_add_errno(struct failure *out, long error);

/* The error document of the specification, with a newline. `out` has room for it: at least FAILURE_JSON_SIZE. */
#define FAILURE_JSON_SIZE 4096
void failure_json(const struct failure *failure, struct span version, struct text *out);

#endif
