// SPDX-License-Identifier: Apache-2.0
/*
 * A program as DPDK programs are: hands its arguments to EAL, goes on with what EAL left, configures a port. Says what it
 * sees on standard output.
 *
 *   PROGRAM_ARGC       what it says its number of arguments is
 *   PROGRAM_OFFLOADS   the RX offloads that it asks for, of the port and of its queue; without it no port is configured
 *   PROGRAM_TX         the TX offloads that it asks for
 *   PROGRAM_MQ         its RX multi-queue mode
 *   PROGRAM_LSC        whether it wants link interrupts
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ethdev.h>

static uint64_t
number(const char *variable)
{
	const char *text = getenv(variable);

	return text == NULL ? 0 : strtoull(text, NULL, 0);
}

static void
configure(void)
{
	struct rte_eth_conf conf = { .rxmode = { .offloads = number("PROGRAM_OFFLOADS") } };
	struct rte_eth_rxconf queue = { .offloads = number("PROGRAM_OFFLOADS") };

	conf.txmode.offloads = number("PROGRAM_TX");
	conf.rxmode.mq_mode = (enum rte_eth_rx_mq_mode)number("PROGRAM_MQ");
	conf.intr_conf.lsc = number("PROGRAM_LSC") != 0;
	printf("configured %d\n", rte_eth_dev_configure(3, 1, 2, &conf));
	printf("set up %d\n", rte_eth_rx_queue_setup(3, 1, 512, 0, &queue, NULL));
	printf("still asks for 0x%" PRIx64 " 0x%" PRIx64 "\n", conf.rxmode.offloads, queue.offloads);
	printf("still has lsc %d\n", (int)conf.intr_conf.lsc);
	rte_eth_dev_configure(3, 1, 2, NULL);
	rte_eth_rx_queue_setup(3, 1, 512, 0, NULL, NULL);
}

int
main(int argc, char **argv)
{
	int result;

	if (getenv("PROGRAM_ARGC") != NULL)
		argc = (int)strtol(getenv("PROGRAM_ARGC"), NULL, 10);
	result = rte_eal_init(argc, argv);
	printf("result %d\n", result);
	for (int i = result < 0 ? 0 : result; i < argc; i++)
		printf("own %s\n", argv[i]);
	if (result >= 0 && getenv("PROGRAM_OFFLOADS") != NULL)
		configure();
	return result < 0 ? 1 : 0;
}
