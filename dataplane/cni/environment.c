// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

/* What the specification requires, by operation. CNI_PATH and CNI_ARGS are optional everywhere. */
static const struct {
	const char *command;
	const char *required[4];
} operations[] = {
	{ "ADD", { "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", NULL } },
	{ "DEL", { "CNI_CONTAINERID", "CNI_IFNAME", NULL } },
	{ "CHECK", { "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", NULL } },
	{ "STATUS", { NULL } },
	{ "GC", { NULL } },
	{ "VERSION", { NULL } },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

const char *
environment_get(char **envp, const char *name)
{
	size_t length = text_length(name);

	for (; *envp != NULL; envp++)
		if (text_starts_with(*envp, name) && (*envp)[length] == '=')
			return (*envp)[length + 1] == '\0' ? NULL : *envp + length + 1;
	return NULL;
}

bool
environment_knows(const char *command)
{
	for (size_t i = 0; i < OPERATIONS; i++)
		if (text_equal(operations[i].command, command))
			return true;
	return false;
}

int
environment_missing(char **envp, const char *command, struct text *names)
{
	int missing = 0;

	for (size_t i = 0; i < OPERATIONS; i++) {
		if (!text_equal(operations[i].command, command))
			continue;
		for (const char *const *name = operations[i].required; *name != NULL; name++) {
			if (environment_get(envp, *name) != NULL)
				continue;
			text_put(names, missing++ == 0 ? "" : ", ");
			text_put(names, *name);
		}
	}
	return missing;
}

long
environment_pack(char **envp, char *to, size_t size)
{
	size_t length = 0;

	for (; *envp != NULL; envp++) {
		if (!text_starts_with(*envp, "CNI_"))
			continue;
		for (const char *c = *envp;; c++) {
			if (length == size)
				return -1;
			to[length++] = *c;
			if (*c == '\0')
				break;
		}
	}
	return (long)length;
}
