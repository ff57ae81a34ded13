#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# One image and one pod, on a node without a NIC and on an emulated one with NICs (docs/cluster-lab.md, "The same image on
# another node").
#
#   test/labs/two-nodes.lab.sh [KIND]
#
# KIND of the second node: aws (the default), alibaba, baremetal-vdpa.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lab=two-nodes
# shellcheck source=test/labs/end-to-end.sh
source test/labs/end-to-end.sh

require_built kubelet sriovdp
build_flannel
# What the second node boots: the hardware lab made it.
code=0
why=$(test/hardware/build.sh 2>&1 >/dev/null) || code=$?
((code != 3)) || skip "${why##*hardware: }"
((code == 0)) || exit "$code"
# A NIC that comes takes as long as half of the rest: where time is short, only when asked for.
if [[ ${CI:-} == true ]]; then export VDPACTL_LAB_PLUG=${VDPACTL_LAB_PLUG:-0}; fi
export VDPACTL_LAB_GUEST=${1:-aws}
run_test test/cluster/e2e/guest-node.test.ts 'no test of a node with NICs'
