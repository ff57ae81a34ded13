// SPDX-License-Identifier: Apache-2.0
/* Tests of what the plugin reads of a container runtime, for `make test`. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "config-version.h"
#include "environment.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void
finds_the_version(void)
{
	static const struct {
		const char *config;
		const char *version;
	} cases[] = {
		{ "{\"cniVersion\":\"0.3.1\"}", "0.3.1" },
		{ " {\n\t\"name\" : \"a\", \"cniVersion\" :\r\n \"1.0.0\" , \"type\":\"vdpa\"}", "1.0.0" },
		{ "{\"prevResult\":{\"cniVersion\":\"0.4.0\"},\"cniVersion\":\"1.1.0\"}", "1.1.0" },
		{ "{\"cniVersion\":\"0.4.0\",\"prevResult\":{\"cniVersion\":\"1.0.0\"}}", "0.4.0" },
		{ "{\"list\":[{\"cniVersion\":\"0.4.0\"}]}", DEFAULT_CNI_VERSION },
		{ "{\"a\":\"cniVersion\",\"b\":\"0.4.0\"}", DEFAULT_CNI_VERSION },
		{ "{\"a\":\"\\\"cniVersion\\\":\\\"0.4.0\\\"\",\"cniVersion\":\"1.0.0\"}", "1.0.0" },
		{ "{\"a\":\"}{\",\"cniVersion\":\"1.0.0\"}", "1.0.0" },
		{ "{\"cniVersion\":\"0.3.1\",\"cniVersion\":\"0.4.0\"}", "0.4.0" },
		{ "{\"cniVersion\":1}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":null}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":{\"cniVersion\":\"0.4.0\"}}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":\"\"}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":\"1\\\"0\"}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":\"1 0\"}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":\"111111111111111111111111111111111\"}", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\"", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":", DEFAULT_CNI_VERSION },
		{ "{\"cniVersion\":\"0.4", "0.4" },
		{ "{\"cniVersion\\", DEFAULT_CNI_VERSION },
		{ "}}}}{\"cniVersion\":\"0.4.0\"", "0.4.0" },
		{ "\"cniVersion\":\"0.4.0\"", DEFAULT_CNI_VERSION },
		{ "", DEFAULT_CNI_VERSION },
		{ "[]", DEFAULT_CNI_VERSION },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span found = config_version(span_of(cases[i].config));

		printf("reads the version of %s\n", cases[i].config);
		assert(found.length == strlen(cases[i].version));
		assert(memcmp(found.at, cases[i].version, found.length) == 0);
	}
	assert(config_is_object(span_of(" \n{")));
	assert(!config_is_object(span_of("[{}]")));
	assert(!config_is_object(span_of(" \r\n\t")));
	assert(!config_is_object(span_of("\xef\xbb\xbf{}")));
}

static void
reads_the_environment(void)
{
	char *envp[] = { "CNI_COMMANDS=x",	 "CNI_COMMAND=ADD", "CNI_CONTAINERID=", "CNI_IFNAME=net1", "PATH=/bin",
			 "CNI_ARGS=A=b;C=\n=;", "CNI_NETNS",	   "=",			"",		   NULL };
	char *none[] = { NULL };
	char names[128];
	char packed[128];
	static const char expected[] =
		"CNI_COMMANDS=x\0CNI_COMMAND=ADD\0CNI_CONTAINERID=\0CNI_IFNAME=net1\0CNI_ARGS=A=b;C=\n=;\0CNI_NETNS";
	struct text text = { names, 0, sizeof(names) };
	long size = (long)sizeof(expected);

	printf("reads the environment\n");
	assert(strcmp(environment_get(envp, "CNI_COMMAND"), "ADD") == 0);
	assert(strcmp(environment_get(envp, "CNI_ARGS"), "A=b;C=\n=;") == 0);
	assert(environment_get(envp, "CNI_CONTAINERID") == NULL);
	assert(environment_get(envp, "CNI_NETNS") == NULL);
	assert(environment_get(envp, "CNI") == NULL);
	assert(environment_get(none, "CNI_COMMAND") == NULL);

	printf("names what is missing\n");
	assert(environment_missing(envp, "ADD", &text) == 2);
	assert(text.length == 26 && memcmp(names, "CNI_CONTAINERID, CNI_NETNS", 26) == 0);
	assert(environment_missing(envp, "DEL", &text) == 1);
	assert(environment_missing(none, "CHECK", &text) == 3);
	assert(environment_missing(none, "GC", &text) == 0);
	assert(environment_missing(none, "STATUS", &text) == 0);
	assert(environment_knows("VERSION") && environment_knows("GC"));
	assert(!environment_knows("add") && !environment_knows("") && !environment_knows("GET"));

	printf("packs what is CNI's, if it fits\n");
	assert(environment_pack(envp, packed, sizeof(packed)) == size);
	assert(memcmp(packed, expected, sizeof(expected)) == 0);
	assert(environment_pack(envp, packed, sizeof(expected)) == size);
	assert(environment_pack(envp, packed, sizeof(expected) - 1) == -1);
	assert(environment_pack(none, packed, 0) == 0);
}

int
main(void)
{
	finds_the_version();
	reads_the_environment();
	printf("all passed\n");
	return 0;
}
