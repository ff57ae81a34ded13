#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From `vdpactl deploy` to packets in pods, and what becomes of them when parts of the node and pods are killed
# (docs/cluster-lab.md, "From end to end"). It takes what the labs before it have built: the programs of a cluster, and the
# base and layers of the images.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

skip() {
  printf 'pods: skipped: %s\n' "$1"
  exit 0
}

# In CI only where it is asked for, until it has passed there often enough.
[[ ${CI:-} != true || ${VDPACTL_LAB_E2E:-} == 1 ]] || skip 'in CI it runs with VDPACTL_LAB_E2E=1'

programs=(etcd kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet multus-shim install_multus
  passthru-cni multus-daemon)
# They take longer than there is time here.
code=0
why=$(VDPACTL_LAB_NO_BUILD=1 test/cluster/build.sh "${programs[@]}" 2>&1 >/dev/null) || code=$?
((code == 0)) || skip "${why#cluster: }; bash test/labs/cluster.lab.sh builds them"
# Flannel: two minutes, once.
timeout 600 test/cluster/build.sh flannel flanneld >/dev/null || {
  code=$?
  ((code == 3 || code == 124)) || exit "$code"
  skip 'Flannel cannot be built'
}

npm run --silent build
said=$(mktemp)
trap 'rm -f "$said"' EXIT
VDPACTL_LAB_E2E=1 VDPACTL_LAB_NO_BUILD=1 \
  node_modules/.bin/vitest run --project cluster test/cluster/e2e/local-provider.test.ts 2>&1 | tee "$said"
why=$(sed -n 's/^cluster: no test from end to end: //p' "$said")
[[ -z $why ]] || skip "$why"
