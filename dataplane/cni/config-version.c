// SPDX-License-Identifier: Apache-2.0
#include "config-version.h"

static const struct span key = { "cniVersion", sizeof("cniVersion") - 1 };

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
skip_space(struct span text, size_t at)
{
	while (at < text.length && is_space(text.at[at]))
		at++;
	return at;
}

/* `at` is behind the opening quote. Gives what is inside, and returns where it goes on behind the closing one. */
static size_t
read_string(struct span text, size_t at, struct span *inside)
{
	size_t end = at;

	while (end < text.length && text.at[end] != '"')
		end += text.at[end] == '\\' ? 2 : 1;
	if (end > text.length)
		end = text.length;
	*inside = (struct span){ text.at + at, end - at };
	return end < text.length ? end + 1 : end;
}

static bool
same(struct span a, struct span b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (a.at[i] != b.at[i])
			return false;
	return true;
}

/* Nothing that would have to be escaped when it is printed again. */
static bool
looks_like_version(struct span text)
{
	if (text.length == 0 || text.length > MAX_CNI_VERSION)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		bool fits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
			    c == '-' || c == '+';

		if (!fits)
			return false;
	}
	return true;
}

/* `at` is behind a string at depth 1. If that was our key, gives the string that is its value. */
static size_t
read_value(struct span text, size_t at, struct span name, struct span *version)
{
	size_t colon = skip_space(text, at);
	size_t value;
	struct span inside;

	if (!same(name, key) || colon >= text.length || text.at[colon] != ':')
		return at;
	value = skip_space(text, colon + 1);
	if (value >= text.length || text.at[value] != '"')
		return value;
	value = read_string(text, value + 1, &inside);
	if (looks_like_version(inside))
		*version = inside;
	return value;
}

struct span
config_version(struct span config)
{
	struct span version = { DEFAULT_CNI_VERSION, sizeof(DEFAULT_CNI_VERSION) - 1 };
	struct span name;
	size_t depth = 0;
	size_t at = 0;

	while (at < config.length) {
		char c = config.at[at++];

		if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		} else if (c == '"') {
			at = read_string(config, at, &name);
			/* A value may be the text "cniVersion" too, but no colon follows it. */
			if (depth == 1)
				at = read_value(config, at, name, &version);
		}
	}
	return version;
}

bool
config_is_object(struct span config)
{
	size_t at = skip_space(config, 0);

	return at < config.length && config.at[at] == '{';
}
