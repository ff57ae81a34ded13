// SPDX-License-Identifier: Apache-2.0
/*
 * The system calls that the plugin uses; each answers what the kernel does, -errno for a failure.
 *
 * A static libc is nine tenths of a program as small as this one, in size and in time to start. On the two
 * architectures that nodes have the plugin does without (CNI_FREESTANDING, start.c); everywhere else, and in the
 * tests, libc's syscall() stands in.
 */
#ifndef CNI_SYS_H
#define CNI_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

_Static_assert(sizeof(long) == 8, "32-bit kernels have other forms of some of these calls");

#if defined(CNI_FREESTANDING) && defined(__x86_64__)
static inline long
sys_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(CNI_FREESTANDING) && defined(__aarch64__)
static inline long
sys_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = 0;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#elif defined(CNI_FREESTANDING)
#error "no system calls without libc for this architecture: build with FREESTANDING="
#else
#include <unistd.h>
static inline long
sys_call(long number, long a, long b, long c, long d, long e)
{
	long result = syscall(number, a, b, c, d, e, 0L);

	return result == -1 ? -errno : result;
}
#endif

static inline long
sys_read(int fd, void *to, size_t size)
{
	return sys_call(SYS_read, fd, (long)to, (long)size, 0, 0);
}

static inline long
sys_write(int fd, const void *from, size_t size)
{
	return sys_call(SYS_write, fd, (long)from, (long)size, 0, 0);
}

static inline long
sys_open_path(const char *path)
{
	return sys_call(SYS_openat, AT_FDCWD, (long)path, O_PATH | O_CLOEXEC, 0, 0);
}

static inline long
sys_is_open(int fd)
{
	return sys_call(SYS_fcntl, fd, F_GETFD, 0, 0, 0) >= 0;
}

static inline long
sys_unix_socket(void)
{
	return sys_call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0);
}

static inline long
sys_set_send_timeout(int fd, long seconds)
{
	long value[2] = { seconds, 0 };

	return sys_call(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)value, sizeof(value));
}

static inline long
sys_connect(int fd, const void *address, size_t size)
{
	return sys_call(SYS_connect, fd, (long)address, (long)size, 0, 0);
}

/* Without an address sendto(2) and recvfrom(2) are send(2) and recv(2); their sixth argument is 0 as well. */
static inline long
sys_send(int fd, const void *from, size_t size)
{
	return sys_call(SYS_sendto, fd, (long)from, (long)size, MSG_DONTWAIT | MSG_NOSIGNAL, 0);
}

static inline long
sys_receive(int fd, void *to, size_t size)
{
	return sys_call(SYS_recvfrom, fd, (long)to, (long)size, MSG_DONTWAIT, 0);
}

static inline long
sys_poll(int fd, short events, long long timeout_ms)
{
	struct pollfd one = { .fd = fd, .events = events };
	long long timeout[2] = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };

	return sys_call(SYS_ppoll, (long)&one, 1, (long)timeout, 0, 0);
}

static inline long long
sys_now_ms(void)
{
	long long now[2] = { 0, 0 };

	sys_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)now, 0, 0, 0);
	return now[0] * 1000 + now[1] / 1000000;
}

/* Writing to a pipe that nobody reads any more then answers EPIPE. */
static inline void
sys_block_sigpipe(void)
{
	uint64_t set = UINT64_C(1) << (SIGPIPE - 1);

	sys_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, sizeof(set), 0);
}

#endif
