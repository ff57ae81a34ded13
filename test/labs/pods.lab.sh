#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From `vdpactl deploy` to packets in pods, and what becomes of them when parts of the node and pods are killed
# (docs/cluster-lab.md, "From end to end").
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
lab=pods
# shellcheck source=test/labs/end-to-end.sh
source test/labs/end-to-end.sh

require_built kubelet
build_flannel
export VDPACTL_LAB_E2E=1
run_test test/cluster/e2e/local-provider.test.ts 'no test from end to end'
