// SPDX-License-Identifier: Apache-2.0
/*
 * A workload decides what a path in its folder leads to, and a link to /proc/PID/root/… leads into the name space of
 * another process: of the supervisor, or of the backend of another device. The kernel follows it only for who may
 * trace that process: with CAP_SYS_PTRACE, or with the same user and group. So the capability goes, and each backend
 * gets a group of its own. Everything else that root may do it still may.
 */
#include "privileges.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "say.h"

/* As in linux/capability.h, which musl's compiler does not find. */
#define CAPABILITY_VERSION_3 0x20080522
#define CAP_SYS_PTRACE 19

struct capability_header {
	unsigned int version;
	int pid;
};

struct capability_data {
	unsigned int effective;
	unsigned int permitted;
	unsigned int inheritable;
};

/* No group of people or pods; with the number of a process behind it no two that live have the same. */
#define FIRST_GROUP 0x60000000u

static void
drop_ptrace(void)
{
	struct capability_header header = { .version = CAPABILITY_VERSION_3 };
	/* The second word of each is for capabilities from 32 on. */
	struct capability_data data[2];
	unsigned int mask = 1u << CAP_SYS_PTRACE;

	/* A program started by root gets all that is in this set. */
	if (prctl(PR_CAPBSET_READ, CAP_SYS_PTRACE, 0, 0, 0) == 1 &&
	    prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) != 0)
		die_errno("cannot give up CAP_SYS_PTRACE");
	if (syscall(SYS_capget, &header, data) != 0)
		die_errno("cannot read its capabilities");
	data[0].effective &= ~mask;
	data[0].permitted &= ~mask;
	data[0].inheritable &= ~mask;
	if (syscall(SYS_capset, &header, data) != 0)
		die_errno("cannot give up CAP_SYS_PTRACE");
}

static void
close_others(void)
{
	struct rlimit limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
		return;
#endif
	/* Linux before 5.9. */
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		die_errno("cannot close what is open");
	for (rlim_t fd = 3; fd < limit.rlim_cur; fd++)
		close((int)fd);
}

void
privileges_drop(void)
{
	gid_t group = FIRST_GROUP + (gid_t)getpid();

	close_others();
	if (setresgid(group, group, group) != 0)
		die_errno("cannot take a group of its own");
	drop_ptrace();
}
