// SPDX-License-Identifier: Apache-2.0
/*
 * A stand-in for DPDK's shared libraries: the functions that ealshim sits in front of, saying on standard output what they
 * were called with, and those that it asks. It exists because how ealshim merges arguments has to be tested where there is no root and no
 * huge pages; that ealshim works with DPDK itself is shown elsewhere, with DPDK itself.
 *
 *   STAND_IN_RESULT   what rte_eal_init() returns, instead of what EAL would
 *   STAND_IN_OFFLOADS what RX offloads the port has (default: none)
 *   STAND_IN_RSS      what RSS types the port has (default: none)
 *   STAND_IN_NAME     the name of the port (default: it has none)
 *   STAND_IN_LSC      set: the port has link interrupts
 *   STAND_IN_NO_PORT  set: the port cannot be asked
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

static uint64_t
number(const char *variable)
{
	const char *text = getenv(variable);

	return text == NULL ? 0 : strtoull(text, NULL, 0);
}

/* Like EAL: takes what is before "--", and puts the program's name in front of what is left. */
int
rte_eal_init(int argc, char **argv)
{
	int taken = argc - 1;

	printf("eal argc %d\n", argc);
	for (int i = 0; i < argc; i++)
		printf("eal arg %s\n", argv[i]);
	printf("eal end %s\n", argv[argc] == NULL ? "NULL" : "garbage");
	if (getenv("STAND_IN_RESULT") != NULL)
		return (int)strtol(getenv("STAND_IN_RESULT"), NULL, 10);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			taken = i;
			break;
		}
	}
	argv[taken] = argv[0];
	return taken;
}

int
rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
	static const uint32_t no_flags, link_flags = RTE_ETH_DEV_INTR_LSC;

	(void)port;
	if (getenv("STAND_IN_NO_PORT") != NULL)
		return -ENODEV;
	memset(info, 0, sizeof(*info));
	info->rx_offload_capa = number("STAND_IN_OFFLOADS");
	info->flow_type_rss_offloads = number("STAND_IN_RSS");
	info->dev_flags = getenv("STAND_IN_LSC") == NULL ? &no_flags : &link_flags;
	return 0;
}

int
rte_eth_dev_get_name_by_port(uint16_t port, char *name)
{
	(void)port;
	if (getenv("STAND_IN_NAME") == NULL)
		return -ENODEV;
	snprintf(name, RTE_ETH_NAME_MAX_LEN, "%s", getenv("STAND_IN_NAME"));
	return 0;
}

int
rte_eth_dev_configure(uint16_t port, uint16_t rx_queues, uint16_t tx_queues, const struct rte_eth_conf *conf)
{
	if (conf == NULL) {
		printf("configure without a request\n");
		return -EINVAL;
	}
	printf("configure port %u queues %u %u rx 0x%" PRIx64 " tx 0x%" PRIx64 " mq %d lsc %d\n", port, rx_queues,
	       tx_queues, conf->rxmode.offloads, conf->txmode.offloads, (int)conf->rxmode.mq_mode,
	       (int)conf->intr_conf.lsc);
	return 17;
}

int
rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t descriptors, unsigned int socket,
		       const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	if (conf == NULL) {
		printf("queue without a request\n");
		return 0;
	}
	printf("queue port %u queue %u descriptors %u socket %u rx 0x%" PRIx64 " pool %p\n", port, queue, descriptors,
	       socket, conf->offloads, (void *)pool);
	return 18;
}
