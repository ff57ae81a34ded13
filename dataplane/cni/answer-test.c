// SPDX-License-Identifier: Apache-2.0
/* Tests of what the plugin reads of its agent, and what it says by itself, for `make test`. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "failure.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void
reads_answers(void)
{
	static const struct {
		const char *received;
		enum answer_state state;
		int exit_code;
		const char *body;
	} cases[] = {
		{ "0 2\n{}", ANSWER_WHOLE, 0, "{}" },
		{ "1 7\n{\"a\":1}", ANSWER_WHOLE, 1, "{\"a\":1}" },
		{ "255 2\n{}", ANSWER_WHOLE, 255, "{}" },
		{ "0 0\n", ANSWER_WHOLE, 0, "" },
		{ "", ANSWER_INCOMPLETE, 0, NULL },
		{ "0", ANSWER_INCOMPLETE, 0, NULL },
		{ "0 2", ANSWER_INCOMPLETE, 0, NULL },
		{ "0 2\n", ANSWER_INCOMPLETE, 0, NULL },
		{ "0 2\n{", ANSWER_INCOMPLETE, 0, NULL },
		{ "0 1048576\n{}", ANSWER_INCOMPLETE, 0, NULL },
		{ "0 1048577\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0 9999999\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0 99999999999", ANSWER_STRANGE, 0, NULL },
		{ "0 2\n{}\n", ANSWER_STRANGE, 0, NULL },
		{ "0 1\n{}", ANSWER_STRANGE, 0, NULL },
		{ "1 0\n", ANSWER_STRANGE, 0, NULL },
		{ "256 2\n{}", ANSWER_STRANGE, 0, NULL },
		{ "-1 2\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0 -2\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0  2\n{}", ANSWER_STRANGE, 0, NULL },
		{ " 0 2\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0 2 \n{}", ANSWER_STRANGE, 0, NULL },
		{ "0 2\r\n{}", ANSWER_STRANGE, 0, NULL },
		{ "0\n{}", ANSWER_STRANGE, 0, NULL },
		{ "\n", ANSWER_STRANGE, 0, NULL },
		{ "0 2\n[]", ANSWER_STRANGE, 0, NULL },
		{ "HTTP/1.1 400 Bad Request\r\n", ANSWER_STRANGE, 0, NULL },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer answer;

		printf("reads the answer %s\n", cases[i].received);
		assert(answer_parse(span_of(cases[i].received), &answer) == cases[i].state);
		if (cases[i].state != ANSWER_WHOLE)
			continue;
		assert(answer.exit_code == cases[i].exit_code);
		assert(answer.body.length == strlen(cases[i].body));
		assert(memcmp(answer.body.at, cases[i].body, answer.body.length) == 0);
	}
}

static void
says_what_failed(void)
{
	char document[FAILURE_JSON_SIZE + 1];
	char worst[1000];
	struct failure failure;
	struct text out = { document, 0, FAILURE_JSON_SIZE };

	printf("says what failed, as JSON\n");
	failure_set(&failure, CNI_TRY_AGAIN_LATER, "no \"agent\"", "a\\b\n\x7f\xc3\xbc ");
	failure_add_errno(&failure, ENOENT);
	failure_add(&failure, ", ");
	failure_add_errno(&failure, 4095);
	failure_json(&failure, span_of("0.4.0"), &out);
	document[out.length] = '\0';
	assert(strcmp(document, "{\"cniVersion\":\"0.4.0\",\"code\":11,\"msg\":\"no \\\"agent\\\"\",\"details\":"
				"\"a\\\\b\\u000a\\u007f\\u00c3\\u00bc there is no such socket, error 4095\"}\n") == 0);

	out.length = 0;
	failure_set(&failure, CNI_IO_FAILURE, "x", "");
	failure_json(&failure, span_of("1.1.0"), &out);
	document[out.length] = '\0';
	assert(strcmp(document, "{\"cniVersion\":\"1.1.0\",\"code\":5,\"msg\":\"x\"}\n") == 0);

	printf("cuts what is too long, and still ends the document\n");
	memset(worst, '\x01', sizeof(worst) - 1);
	worst[sizeof(worst) - 1] = '\0';
	out.length = 0;
	failure_set(&failure, CNI_IO_FAILURE, "x", worst);
	failure_add(&failure, "more");
	failure_json(&failure, span_of("1.1.0"), &out);
	assert(out.length < FAILURE_JSON_SIZE);
	assert(memcmp(document + out.length - 9, "\\u0001\"}\n", 9) == 0);

	printf("never writes half an escape\n");
	for (size_t size = 0; size < 20; size++) {
		out = (struct text){ document, 0, size };
		text_put_json(&out, worst);
		assert(out.length == size / 6 * 6);
	}
}

static void
reads_numbers(void)
{
	unsigned long number = 7;

	printf("reads numbers\n");
	assert(text_number(span_of("1048576"), 7, &number) && number == 1048576);
	assert(text_number(span_of("000"), 3, &number) && number == 0);
	assert(!text_number(span_of(""), 3, &number));
	assert(!text_number(span_of("1000"), 3, &number));
	assert(!text_number(span_of("1a"), 3, &number));
}

int
main(void)
{
	reads_answers();
	says_what_failed();
	reads_numbers();
	printf("all passed\n");
	return 0;
}
