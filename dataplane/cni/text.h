// SPDX-License-Identifier: Apache-2.0
#ifndef CNI_TEXT_H
#define CNI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A piece of text that somebody else owns; no NUL at its end. */
struct span {
	const char *at;
	size_t length;
};

/* A text that grows up to `size` bytes; what does not fit is left out. */
struct text {
	char *at;
	size_t length;
	size_t size;
};

size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);

void text_put(struct text *out, const char *text);
void text_put_span(struct text *out, struct span span);
void text_put_number(struct text *out, unsigned long long number);

/*
 * The inside of a JSON string. Every byte that is not printable ASCII is written as an escape, so that the result is
 * JSON whatever the bytes are.
 */
void text_put_json(struct text *out, const char *text);

/* Decimal digits only, at most `max_digits` of them. Returns false for everything else. */
bool text_number(struct span span, size_t max_digits, unsigned long *out);

#endif
