// SPDX-License-Identifier: Apache-2.0
import { type Check, fail, orPass, pass, shell, skip, warn } from '../check.ts';
import { isOlder, kernelVersion, listed, noDevices } from '../node-words.ts';
import { moduleSource, oldestKernel, wantedModules } from '../wanted-modules.ts';

export const kernelChecks: readonly Check[] = [
  {
    id: 'VDPA-KERNEL-001',
    category: 'kernel',
    title: 'the kernel is new enough for the plan',
    scope: 'node',
    pre: true,
    about: [
      'Kernel vDPA grew over several releases: `vhost_vdpa` and `ifcvf` with Linux 5.7, `mlx5_vdpa` 5.9, `vp_vdpa` 5.13, `vduse` 5.15, `eni_vdpa` 5.16, `pds_vdpa` 6.5, `octep_vdpa` 6.11. Since 5.19 `vp_vdpa` has a management device, so that its devices are made with a name of their own; before, the device is there as soon as the driver is bound, and tools that look for management devices do not see it. Distributions bring modules of later kernels to older ones: what is there counts.',
      'By hand: install a newer kernel of the distribution, and reboot.',
    ],
    judge(facts) {
      if (facts.decision.provider === 'local') return skip('the provider local gives no NIC away');
      const release = facts.report.node.kernel;
      const version = kernelVersion(release);
      if (version === null) return skip('the kernel says no version');
      const wanted = wantedModules(facts);
      const needs = wanted.flatMap((name) => {
        const since = oldestKernel[name];
        return since === undefined ? [] : [{ name, since }];
      });
      const older = needs.filter(({ since }) => isOlder(version, since));
      const words = needs.map(({ name, since }) => `${since.join('.')} for ${name}`);
      const needed = needs.length === 0 ? 'any' : `Linux ${listed(words)}`;
      const found = release ?? '';
      const { modules } = facts.report.node;
      const missing = older.filter(({ name }) => (modules[name] ?? 'missing') === 'missing');
      if (missing.length > 0) return fail(found, needed, 'install a newer kernel and reboot');
      if (wanted.includes('vp_vdpa') && isOlder(version, [5, 19])) {
        const hint = 'nothing, if you only use vdpactl: it finds the device; other tools need Linux 5.19';
        return warn(`${found}: vp_vdpa may have no management device`, `${needed}; better 5.19`, hint);
      }
      if (older.length > 0)
        return pass(`${found}, with ${listed(older.map(({ name }) => name))} of a later one`, needed);
      return pass(found, needed);
    },
  },
  {
    id: 'VDPA-MODULE-001',
    category: 'kernel',
    title: 'the kernel has the modules that the plan needs',
    scope: 'node',
    pre: true,
    about: [
      'Modules that hand a NIC to a program (`vfio-pci`, or what `nics.driver` says), and those of kernel vDPA. Kernels of clouds and of container systems leave some out, or keep them in a package of their own.',
      'By hand, where a package has them:',
      shell('apt-get install "linux-modules-extra-$(uname -r)"', 'dnf install kernel-modules-extra'),
      'On Debian the package `linux-image-amd64` has them all, `linux-image-cloud-amd64` leaves most out. `igb_uio` is not part of Linux: it is built from dpdk-kmods.',
    ],
    judge(facts) {
      if (facts.decision.provider === 'local') return skip('the provider local gives no NIC away');
      const wanted = wantedModules(facts);
      if (wanted.length === 0) return skip('the plan needs none');
      const { modules } = facts.report.node;
      const missing = wanted.filter((name) => (modules[name] ?? 'missing') === 'missing');
      const needed = listed(wanted);
      return orPass(
        missing.map((name) => fail(`there is no ${name}`, needed, moduleSource(name), null, { module: name })),
        'all there',
        needed,
      );
    },
  },
  {
    id: 'VDPA-MODULE-002',
    category: 'kernel',
    title: 'the modules are loaded',
    scope: 'node',
    pre: false,
    about: [
      'Modules that are there and not loaded yet. Preparing the node loads them. It is not part of `--pre`.',
      'By hand, now and at every boot:',
      shell('modprobe vfio-pci', 'echo vfio-pci > /etc/modules-load.d/vdpactl.conf'),
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const wanted = wantedModules(facts);
      if (wanted.length === 0) return skip('the plan needs none');
      const waiting = wanted.filter((name) => facts.report.node.modules[name] === 'available');
      const needed = listed(wanted);
      return waiting.length === 0
        ? pass('none is waiting to be loaded', needed)
        : warn(`not loaded yet: ${listed(waiting)}`, needed, `modprobe -a ${waiting.join(' ')}`);
    },
  },
  {
    id: 'VDPA-VDPATOOL-001',
    category: 'kernel',
    title: 'vDPA devices can be made',
    scope: 'node',
    pre: true,
    about: [
      'The program `vdpa` of iproute2 makes and removes kernel vDPA devices. It is needed only where the plan makes some by name. Distributions ship it since iproute2 5.12, some without it. Only a running machine can tell.',
      'By hand:',
      shell('apt-get install iproute2', 'vdpa mgmtdev show'),
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const made = facts.decision.devices.flatMap(({ create }) =>
        create.flatMap((step) => (step.kind === 'vdpa' && step.mgmtdev !== null ? [step.name] : [])),
      );
      if (made.length === 0) return skip('no vDPA device is to be made');
      if (facts.live === null) return skip('only on the machine itself');
      const needed = `the program vdpa, to make ${listed(made)}`;
      return facts.live.vdpaTool === null
        ? fail(
            'no vdpa in PATH',
            needed,
            'install iproute2 5.12 or later (on Debian and Ubuntu: apt-get install iproute2)',
          )
        : pass(facts.live.vdpaTool, needed);
    },
  },
];
