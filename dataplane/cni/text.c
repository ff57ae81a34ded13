// SPDX-License-Identifier: Apache-2.0
#include "text.h"

size_t
text_length(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

bool
text_equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

bool
text_starts_with(const char *text, const char *prefix)
{
	while (*prefix != '\0' && *text == *prefix) {
		text++;
		prefix++;
	}
	return *prefix == '\0';
}

static void
put_char(struct text *out, char c)
{
	if (out->length < out->size)
		out->at[out->length++] = c;
}

void
text_put(struct text *out, const char *text)
{
	while (*text != '\0')
		put_char(out, *text++);
}

void
text_put_span(struct text *out, struct span span)
{
	for (size_t i = 0; i < span.length; i++)
		put_char(out, span.at[i]);
}

void
text_put_number(struct text *out, unsigned long long number)
{
	char digits[20];
	size_t length = 0;

	do {
		digits[length++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (length > 0)
		put_char(out, digits[--length]);
}

void
text_put_json(struct text *out, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		/* Whole or not at all: half an escape would break the document. */
		if (out->size - out->length < 6)
			return;
		if (c == '"' || c == '\\') {
			put_char(out, '\\');
			put_char(out, (char)c);
		} else if (c >= ' ' && c < 0x7f) {
			put_char(out, (char)c);
		} else {
			text_put(out, "\\u00");
			put_char(out, hex[c >> 4]);
			put_char(out, hex[c & 0xf]);
		}
	}
}

bool
text_number(struct span span, size_t max_digits, unsigned long *out)
{
	unsigned long number = 0;

	if (span.length == 0 || span.length > max_digits)
		return false;
	for (size_t i = 0; i < span.length; i++) {
		if (span.at[i] < '0' || span.at[i] > '9')
			return false;
		number = number * 10 + (unsigned long)(span.at[i] - '0');
	}
	*out = number;
	return true;
}
