// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_ANSWER_H
#define CNI_ANSWER_H

#include "text.h"

/* A container runtime reads no more of a plugin either. */
#define MAX_ANSWER_BYTES (1024 * 1024)
/* "255 1048576\n" */
#define MAX_ANSWER_HEADER 12

struct answer {
	int exit_code;
	struct span body;
};

enum answer_state {
	ANSWER_INCOMPLETE,
	ANSWER_WHOLE,
	/* Not an answer of an agent that talks as this plugin does. */
	ANSWER_STRANGE,
};

/* Looks at what has come of "<exit-code> <bytes>\n" and that many bytes. `out` is set when all is there. */
enum answer_state answer_parse(struct span received, struct answer *out);

#endif
