// SPDX-License-Identifier: Apache-2.0
#ifndef ENTRY_READY_H
#define ENTRY_READY_H

#include "args-file.h"

enum readiness {
	READY,
	/* It is not there, is empty, has only comments, or its last line has no end: whoever writes it has not finished. */
	NOT_YET,
	/* It will not get better by waiting. `*why` says what it is. */
	BROKEN,
};

/*
 * Looks at the arguments of the attachments, and reads them when they are there. `*why` is set in the other two
 * cases.
 */
enum readiness ready_read(const char *path, struct args_file *out, const char **why);

#endif
