// SPDX-License-Identifier: Apache-2.0
/*
 * What a C program needs when there is no libc: its entry point, and four functions that compilers call by
 * themselves.
 */
#include "sys.h"

int main(int argc, char **argv, char **envp);

#if defined(__x86_64__)
__asm__(".text\n"
	".global _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".global _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	bl start\n");
#endif

/* The kernel puts on the stack: the number of arguments, the arguments, NULL, the environment, NULL. */
__attribute__((used, noreturn)) void
start(long *stack)
{
	int argc = (int)stack[0];
	char **argv = (char **)(stack + 1);
	int code = main(argc, argv, argv + argc + 1);

	for (;;)
		sys_call(SYS_exit_group, code, 0, 0, 0, 0);
}

void *
memcpy(void *to, const void *from, size_t size)
{
	char *out = to;
	const char *in = from;

	while (size-- > 0)
		*out++ = *in++;
	return to;
}

void *
memmove(void *to, const void *from, size_t size)
{
	char *out = to;
	const char *in = from;

	if (out <= in)
		return memcpy(to, from, size);
	while (size-- > 0)
		out[size] = in[size];
	return to;
}

void *
memset(void *to, int value, size_t size)
{
	char *out = to;

	while (size-- > 0)
		*out++ = (char)value;
	return to;
}

int
memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *one = a, *other = b;

	for (; size > 0; size--, one++, other++)
		if (*one != *other)
			return *one - *other;
	return 0;
}
