// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

char **
command_merge(char *const *own, char *const *extra, int extra_count)
{
	size_t own_count = 0;
	char **merged;
	char **out;
	bool placed = false;

	while (own[own_count] != NULL)
		own_count++;
	merged = out = calloc(own_count + (size_t)extra_count + 1, sizeof(*merged));
	if (merged == NULL)
		return NULL;
	for (size_t i = 0; i <= own_count; i++) {
		/* The first is the program, whatever its name. */
		if (!placed && i > 0 && (own[i] == NULL || strcmp(own[i], "--") == 0)) {
			for (int j = 0; j < extra_count; j++)
				*out++ = extra[j];
			placed = true;
		}
		*out++ = own[i];
	}
	return merged;
}

static bool
is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=,.:/@%+";

	return *text != '\0' && strspn(text, plain) == strlen(text);
}

static void
print_word(FILE *to, const char *word)
{
	if (is_plain(word)) {
		fputs(word, to);
		return;
	}
	fputc('\'', to);
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			fputs("'\\''", to);
		else
			fputc(*word, to);
	}
	fputc('\'', to);
}

void
command_print(FILE *to, char *const *command)
{
	for (size_t i = 0; command[i] != NULL; i++) {
		if (i > 0)
			fputc(' ', to);
		/* NAME=VALUE in front would be taken as a variable; a shell takes no quoted word for one. */
		if (i == 0 && strchr(command[i], '=') != NULL)
			fputs("''", to);
		print_word(to, command[i]);
	}
	fputc('\n', to);
}
