// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <errno.h>

/* What has been written of the details, to go on behind it. */
static struct text
details_of(struct failure *failure)
{
	return (struct text){ failure->details, text_length(failure->details), sizeof(failure->details) - 1 };
}

void
failure_set(struct failure *out, int code, const char *msg, const char *details)
{
	out->code = code;
	out->msg = msg;
	out->details[0] = '\0';
	failure_add(out, details);
}

void
failure_add(struct failure *out, const char *text)
{
	struct text details = details_of(out);

	text_put(&details, text);
	out->details[details.length] = '\0';
}

void
failure_add_number(struct failure *out, unsigned long long number)
{
	struct text details = details_of(out);

	text_put_number(&details, number);
	out->details[details.length] = '\0';
}

void
failure_add_errno(struct failure *out, long error)
{
	static const struct {
		int number;
		const char *text;
	} known[] = {
		{ ENOENT, "there is no such socket" },
		{ ENOTDIR, "there is no such socket" },
		{ ECONNREFUSED, "nobody listens there" },
		{ EACCES, "permission denied" },
		{ EPERM, "permission denied" },
		{ EAGAIN, "it accepts nobody" },
		{ ECONNRESET, "it closed the connection" },
		{ EPIPE, "it closed the connection" },
		{ EBADF, "it is not open" },
		{ EISDIR, "it is a directory" },
		{ EPROTOTYPE, "it is a socket of another type" },
		{ EMFILE, "too many open files" },
		{ ENFILE, "too many open files" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].number == error) {
			failure_add(out, known[i].text);
			return;
		}
	}
	failure_add(out, "error ");
	failure_add_number(out, (unsigned long long)error);
}

void
failure_json(const struct failure *failure, struct span version, struct text *out)
{
	text_put(out, "{\"cniVersion\":\"");
	text_put_span(out, version);
	text_put(out, "\",\"code\":");
	text_put_number(out, (unsigned long long)failure->code);
	text_put(out, ",\"msg\":\"");
	text_put_json(out, failure->msg);
	if (failure->details[0] != '\0') {
		text_put(out, "\",\"details\":\"");
		text_put_json(out, failure->details);
	}
	text_put(out, "\"}\n");
}
