// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { mayBeInstalled } from '../../../dataplane/contract/installed-files.ts';

it.each([
  ['/opt/cni/bin/vdpa', true],
  ['/var/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1', true],
  ['/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1', true],
  ['/opt/cni/bin/bridge', false],
  ['/opt/cni/bin/vdpa/', false],
  ['/opt/cni/bin//vdpa', false],
  ['/opt/cni/bin/./vdpa', false],
  ['/opt/cni/../cni/bin/vdpa', false],
  ['opt/cni/bin/vdpa', false],
  ['/run/k8s.cni.cncf.io/devinfo/cni/..', false],
  ['/run/k8s.cni.cncf.io/devinfo/cni/', false],
  ['/run/k8s.cni.cncf.io/devinfo/cni/a\0b', false],
  ['/etc/passwd', false],
  ['', false],
])('%j may be installed: %s', (path, may) => expect(mayBeInstalled(path)).toBe(may));
