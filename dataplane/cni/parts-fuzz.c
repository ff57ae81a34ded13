// SPDX-License-Identifier: Apache-2.0
/*
 * Random documents through all that reads what somebody else wrote, in buffers of just their size, for the sanitizers
 * to watch. `parts-fuzz [ROUNDS [SEED]]`; with clang's libFuzzer, -DLIBFUZZER -fsanitize=fuzzer.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "config-version.h"
#include "environment.h"
#include "failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_config(struct span config)
{
	struct span version = config_version(config);
	bool inside = version.at >= config.at && version.at + version.length <= config.at + config.length;

	assert(inside || (version.length == 5 && memcmp(version.at, DEFAULT_CNI_VERSION, 5) == 0));
	assert(version.length > 0 && version.length <= MAX_CNI_VERSION);
	/* It is printed as it is. */
	for (size_t i = 0; i < version.length; i++)
		assert(strchr("\"\\", version.at[i]) == NULL && version.at[i] > ' ');
	config_is_object(config);
}

static void
try_answer(struct span received)
{
	struct answer answer;
	enum answer_state state = answer_parse(received, &answer);

	if (state != ANSWER_WHOLE)
		return;
	assert(answer.exit_code >= 0 && answer.exit_code <= 255);
	assert(answer.body.at + answer.body.length == received.at + received.length);
	/* What is whole was incomplete until its last byte came. */
	for (size_t length = 0; length < received.length; length++)
		assert(answer_parse((struct span){ received.at, length }, &answer) == ANSWER_INCOMPLETE);
}

/* As an environment and as the details of a failure: one text, with a NUL. */
static void
try_text(char *text)
{
	char *envp[] = { text, "CNI_COMMAND=ADD", text, NULL };
	char document[FAILURE_JSON_SIZE];
	char packed[64];
	struct text out = { document, 0, sizeof(document) };
	struct failure failure;
	int quotes = 0;

	environment_pack(envp, packed, sizeof(packed));
	environment_get(envp, "CNI_IFNAME");
	environment_missing(envp, "ADD", &out);
	out.length = 0;
	failure_set(&failure, CNI_IO_FAILURE, "x", text);
	failure_json(&failure, config_version((struct span){ text, strlen(text) }), &out);
	for (size_t i = 0; i + 1 < out.length; i++) {
		assert(document[i] >= ' ' && document[i] < 0x7f);
		if (document[i] == '\\')
			i++;
		else
			quotes += document[i] == '"';
	}
	assert(quotes % 2 == 0);
	assert(memcmp(document + out.length - 3, "\"}\n", 3) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size == 0 ? 1 : size);
	char *text = malloc(size + 1);

	assert(exact != NULL && text != NULL);
	memcpy(exact, data, size);
	memcpy(text, data, size);
	text[size] = '\0';
	try_config((struct span){ exact, size });
	try_answer((struct span){ exact, size });
	try_text(text);
	free(text);
	free(exact);
	return 0;
}

#ifndef LIBFUZZER
/* xorshift64: the same seed makes the same documents everywhere. */
static uint64_t state;

static uint64_t
draw(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static size_t
document(uint8_t *to, size_t size)
{
	static const char *const pieces[] = { "{",  "}",  "[",	"]",   "\"",  "\\",   ":",	    ",",	      " ",
					      "\n", "0 ", "1 ", "2\n", "0\n", "{}",   "cniVersion", "\"cniVersion\"", "\"0.4.0\"",
					      "=",  "-",  "+",	"CNI_", "CNI_IFNAME=", "\x01", "\xff", "{\"cniVersion\":\"1.0.0\"" };
	size_t length = 0;

	for (uint64_t left = draw(24); left > 0; left--) {
		const char *piece = pieces[draw(sizeof(pieces) / sizeof(pieces[0]))];

		if (draw(8) == 0)
			to[length++] = (uint8_t)draw(256);
		for (; *piece != '\0' && length + 2 < size; piece++)
			to[length++] = (uint8_t)*piece;
	}
	return length;
}

int
main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	uint8_t data[1024];

	state = argc > 2 ? strtoull(argv[2], NULL, 10) | 1 : 88172645463325252u;
	for (unsigned long round = 0; round < rounds; round++)
		LLVMFuzzerTestOneInput(data, document(data, sizeof(data)));
	printf("%lu random documents\n", rounds);
	return 0;
}
#endif
