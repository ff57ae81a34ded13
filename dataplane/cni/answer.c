// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

static size_t
find(struct span text, char wanted)
{
	size_t at = 0;

	while (at < text.length && text.at[at] != wanted)
		at++;
	return at;
}

enum answer_state
answer_parse(struct span received, struct answer *out)
{
	size_t line = find(received, '\n');
	size_t space = find((struct span){ received.at, line }, ' ');
	unsigned long code, bytes;

	if (line == received.length)
		return line < MAX_ANSWER_HEADER ? ANSWER_INCOMPLETE : ANSWER_STRANGE;
	if (space == line || !text_number((struct span){ received.at, space }, 3, &code) ||
	    !text_number((struct span){ received.at + space + 1, line - space - 1 }, 7, &bytes) || code > 255 ||
	    bytes > MAX_ANSWER_BYTES)
		return ANSWER_STRANGE;
	/* More than it said: where its document ends nobody knows. */
	if (received.length - line - 1 > bytes)
		return ANSWER_STRANGE;
	if (received.length - line - 1 < bytes)
		return ANSWER_INCOMPLETE;
	*out = (struct answer){ (int)code, { received.at + line + 1, bytes } };
	/* A runtime shows the document of a failure, so there has to be one; a success may have none. */
	if (bytes > 0 ? out->body.at[0] != '{' : code != 0)
		return ANSWER_STRANGE;
	return ANSWER_WHOLE;
}
