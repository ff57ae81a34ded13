// SPDX-License-Identifier: Apache-2.0

import { selects } from '../../providers/why-not-offered.ts';
import { type Check, fail, pass, skip, warn } from '../check.ts';
import { listed, noneNamed } from '../node-words.ts';

export const networkChecks: readonly Check[] = [
  {
    id: 'VDPA-WIRE-001',
    category: 'network',
    title: 'the interface for the wire can be used',
    scope: 'machine',
    pre: true,
    about: [
      'For wire `af_packet` the interface named by `--interface` or `local.interface` has to exist and to be up. Skipped for other wires.',
      'By hand:',
      '```sh\nip link\nip link set wire0 up\n```',
    ],
    judge({ wireInterface: wire }) {
      if (wire === null) return skip('the wire is not an interface');
      if (!wire.exists)
        return fail('no such interface', 'an interface of this machine', 'list them with: ip link', wire.name);
      if (!wire.up)
        return fail('it is down', 'an interface that is up', `bring it up: ip link set ${wire.name} up`, wire.name);
      return pass('there and up', 'an interface that is up');
    },
  },
  {
    id: 'VDPA-UPLINK-001',
    category: 'network',
    title: 'the interface for the wire is not an uplink',
    scope: 'machine',
    pre: true,
    about: [
      "An uplink is an interface that this machine depends on: it has an address, carries a default route, belongs to a bond, bridge or VLAN that does, or carries the SSH session in use. A backend on it would mix test traffic with the machine's own, and a generator would flood it. Nothing overrides this check in `deploy`, not even `--ignore`, which belongs to `check` alone.",
      'By hand: choose another interface, take the addresses off this one, or make a veth pair ([step by step](providers/local.md#af_packet-on-a-veth-pair)).',
    ],
    judge({ wireInterface: wire }) {
      if (wire === null || !wire.exists) return skip('the wire is not an interface');
      return wire.uplink
        ? fail(
            wire.reasons.join('; '),
            'an interface that this machine does not depend on',
            `choose another, or a veth pair: ip link add wire0 type veth peer name wire1. Nothing overrides this; only unconfiguring ${wire.name} does`,
            wire.name,
          )
        : pass('no address, no route, no session depends on it', 'an interface that this machine does not depend on');
    },
  },
  {
    id: 'VDPA-UPLINK-002',
    category: 'network',
    title: 'no uplink is named to be given away',
    scope: 'node',
    pre: true,
    about: [
      'A NIC is an uplink when one of its interfaces has an address, carries a default route, belongs to a bond, bridge or VLAN that does, or carries the SSH session in use. Giving it away would cut the node off. `nics.include` cannot change that: the NIC is left alone, and this check says so rather than leaving you to wonder.',
      'By hand: take the NIC out of `nics.include`, or move its address and routes to another NIC.',
    ],
    judge({ report, config, decision }) {
      const named = config.nics.include ?? [];
      if (named.length === 0) return noneNamed(decision.provider);
      const needed = 'NICs that the node does not depend on';
      const uplinks = report.nics.filter((nic) => nic.uplink && named.some((selector) => selects(selector, nic)));
      if (uplinks.length === 0) return pass('none', needed);
      return uplinks.map((nic) =>
        fail(
          `${nic.pciAddress}: ${nic.uplinkReasons.join('; ')}`,
          needed,
          `take it out of nics.include; only unconfiguring ${listed(nic.netdevs) || 'its interface'} makes it free`,
          nic.pciAddress,
        ),
      );
    },
  },
  {
    id: 'VDPA-UPLINK-003',
    category: 'network',
    title: 'there is a NIC beside the uplinks',
    scope: 'node',
    pre: true,
    about: [
      'A node whose every NIC is an uplink has none to give away. On a cloud that is how an instance begins: with one interface, through which it is reached.',
      'By hand: attach a second network interface to the instance and leave it without an address (on EC2 an ENI, on Alibaba Cloud an elastic network interface), or free a NIC from its address.',
    ],
    judge({ report, decision }) {
      if (decision.provider === 'local') return skip('the provider local gives no NIC away');
      if (report.nics.length === 0) return skip('no NIC was found');
      const spare = report.nics.filter(({ uplink }) => !uplink);
      const needed = 'at least one NIC that carries nothing of the node';
      if (spare.length > 0) return pass(listed(spare.map(({ pciAddress }) => pciAddress)), needed);
      return warn(
        `every NIC is an uplink: ${listed(report.nics.map(({ pciAddress }) => pciAddress))}`,
        needed,
        'attach another network interface and leave it without an address',
      );
    },
  },
  {
    id: 'VDPA-CNI-001',
    category: 'network',
    title: 'the container runtime calls Multus',
    scope: 'node',
    pre: true,
    about: [
      'The container runtime takes the first file of `/etc/cni/net.d`, in the order of the names, and no other. When that is not the one of Multus, pods get their ordinary network only, and their annotations mean nothing. vdpactl installs Multus where no node has it, unless `kubernetes.multus` says that it is `present`. Skipped on a node without any CNI configuration: it is in no cluster yet.',
      'By hand: give the other file a name that sorts later, or have Multus write its file anew by restarting its pod.',
      '```sh\nls /etc/cni/net.d\n```',
    ],
    judge({ report, decision, config }) {
      if (decision.provider === 'local') return noneNamed(decision.provider);
      const { configFiles, multus } = report.node.cni;
      const [first] = configFiles;
      if (first === undefined) return skip('the node has no CNI configuration');
      const needed = 'Multus in the first file of /etc/cni/net.d';
      if (multus === null) {
        if (config.kubernetes.multus === 'present')
          return fail(
            'there is no Multus',
            needed,
            'install Multus, or set kubernetes.multus to auto',
            '/etc/cni/net.d',
          );
        return pass('there is no Multus yet; it is installed along with the stack', needed, { multus });
      }
      if (/multus/i.test(first)) return pass(`${multus}, by ${first}`, needed, { multus });
      const hint = `give ${first} a name that sorts after the file of Multus`;
      return warn(`${multus}, but the runtime takes ${first}`, needed, hint, '/etc/cni/net.d', { multus });
    },
  },
];
