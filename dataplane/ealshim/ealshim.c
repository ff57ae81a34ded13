// SPDX-License-Identifier: Apache-2.0
/*
 * ealshim: a preload library that lets an unmodified DPDK program run on a vdpactl attachment.
 *
 * A DPDK program is told about its ports on the EAL command line, and each program brings its own idea of which
 * offloads a port must have. Neither can be changed in a binary that is used as it is. This library sits between the
 * program and the shared DPDK libraries and does three things only:
 *
 *   1. rte_eal_init(): adds the arguments of the attachment's eal.args (one a line) to those of the program.
 *   2. rte_eth_dev_configure() and rte_eth_rx_queue_setup(): leave out of the request what the port does not have and
 *      what only saves the program work: RX checksum offloads, without which DPDK marks the checksum of a packet as
 *      "unknown", and RSS, without which all packets arrive as if they had one hash. Every program has to expect
 *      both. Nothing else is left out, because any other offload would change what is on the wire or in memory behind
 *      the program's back.
 *   3. rte_eth_dev_configure(): has a port of the attachment that waits for its backend on a socket watch that (the
 *      link interrupt, intr_conf.lsc). Otherwise DPDK only notices that the backend has gone, and takes the next one,
 *      when the program asks for the link: one that never asks would stay deaf for ever.
 *
 * Environment:
 *   VDPACTL_EAL_ARGS   path of the arguments file (default /var/run/vdpa/eal.args)
 *
 * The program must link DPDK's shared libraries; a statically linked one is not reached by LD_PRELOAD.
 */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "args-file.h"
#include "server-port.h"

#define DEFAULT_ARGS_FILE "/var/run/vdpa/eal.args"
#define RX_CHECKSUM_OFFLOADS                                                                                           \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM |                 \
	 RTE_ETH_RX_OFFLOAD_OUTER_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_OUTER_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_SCTP_CKSUM)

#define say(...) fprintf(stderr, "ealshim: " __VA_ARGS__)

/* The attachment's arguments, once EAL has taken them. */
static struct args_file attachment;

/* Everything of DPDK is looked up when it is needed: a shell or env that starts the program is preloaded too. */
static void *
next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL) {
		say("%s is not in a shared library of this program: is DPDK linked statically?\n", name);
		abort();
	}
	return symbol;
}

int
rte_eal_init(int argc, char **argv)
{
	int (*real)(int, char **) = (int (*)(int, char **))next_symbol("rte_eal_init");
	const char *path = getenv("VDPACTL_EAL_ARGS");
	/* A program may come without arguments, and even without a name; EAL needs one. */
	char *name = argc > 0 ? argv[0] : program_invocation_name;
	int own = argc > 0 ? argc - 1 : 0;
	struct args_file extra;
	char **merged;
	int consumed;

	if (path == NULL || *path == '\0')
		path = DEFAULT_ARGS_FILE;
	if (args_file_read(path, &extra) != 0) {
		say("cannot read the attachment's arguments from %s: %s\n", path, strerror(errno));
		return -1;
	}
	merged = calloc(1 + (size_t)extra.count + (size_t)own + 1, sizeof(*merged));
	if (merged == NULL) {
		say("no memory for the attachment's arguments\n");
		args_file_free(&extra);
		return -1;
	}

	/* The attachment goes first, so that "--" and what follows it stay where the program put them. */
	merged[0] = name;
	for (int i = 0; i < extra.count; i++)
		merged[1 + i] = extra.args[i];
	for (int i = 1; i <= own; i++)
		merged[extra.count + i] = argv[i];

	/* Nothing is freed from here on: EAL keeps pointers into its arguments. */
	consumed = real(1 + extra.count + own, merged);
	if (consumed < 0)
		return consumed;
	attachment = extra;

	/* EAL permutes its arguments and answers how many it took; the program must see that on its own vector. */
	for (int i = 1; i <= own; i++)
		argv[i] = merged[extra.count + i];
	return consumed > extra.count ? consumed - extra.count : 0;
}

/* Returns false when the port cannot be asked; the real call will then say what is wrong. */
static bool
port_info(uint16_t port, struct rte_eth_dev_info *info)
{
	int (*info_get)(uint16_t, struct rte_eth_dev_info *) =
		(int (*)(uint16_t, struct rte_eth_dev_info *))next_symbol("rte_eth_dev_info_get");

	return info_get(port, info) == 0;
}

static bool
waits_for_backend(uint16_t port)
{
	int (*name_get)(uint16_t, char *) = (int (*)(uint16_t, char *))next_symbol("rte_eth_dev_get_name_by_port");
	char name[RTE_ETH_NAME_MAX_LEN];

	if (name_get(port, name) != 0)
		return false;
	for (int i = 0; i < attachment.count; i++)
		if (server_port_made_by(attachment.args[i], name))
			return true;
	return false;
}

int
rte_eth_dev_configure(uint16_t port, uint16_t rx_queues, uint16_t tx_queues, const struct rte_eth_conf *conf)
{
	int (*real)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *) =
		(int (*)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *))next_symbol("rte_eth_dev_configure");
	struct rte_eth_dev_info info;
	struct rte_eth_conf fitting;
	uint64_t missing;

	if (conf == NULL || !port_info(port, &info))
		return real(port, rx_queues, tx_queues, conf);

	fitting = *conf;
	missing = conf->rxmode.offloads & RX_CHECKSUM_OFFLOADS & ~info.rx_offload_capa;
	if (missing != 0) {
		say("port %u has no RX checksum offload 0x%" PRIx64 ": left out of the program's request\n", port, missing);
		fitting.rxmode.offloads &= ~missing;
	}
	if (conf->rxmode.mq_mode == RTE_ETH_MQ_RX_RSS && info.flow_type_rss_offloads == 0) {
		say("port %u has no RSS: left out of the program's request\n", port);
		fitting.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
	}
	/* A port without link interrupts refuses to be configured with them. */
	if (info.dev_flags != NULL && (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0 && waits_for_backend(port))
		fitting.intr_conf.lsc = 1;
	return real(port, rx_queues, tx_queues, &fitting);
}

/* A queue may not ask for what its port was not configured with, so the same has to go from here. */
int
rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t descriptors, unsigned int socket,
		       const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	int (*real)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_rxconf *, struct rte_mempool *) =
		(int (*)(uint16_t, uint16_t, uint16_t, unsigned int, const struct rte_eth_rxconf *,
			 struct rte_mempool *))next_symbol("rte_eth_rx_queue_setup");
	struct rte_eth_dev_info info;
	struct rte_eth_rxconf fitting;

	if (conf == NULL || !port_info(port, &info))
		return real(port, queue, descriptors, socket, conf, pool);

	fitting = *conf;
	fitting.offloads &= ~(RX_CHECKSUM_OFFLOADS & ~info.rx_offload_capa);
	return real(port, queue, descriptors, socket, &fitting, pool);
}
