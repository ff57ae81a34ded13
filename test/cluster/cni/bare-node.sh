#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the agent and the CNI plugin need of a node, in name spaces of its own (mounts, network), as bare-node.ts starts it:
#
#   bare-node.sh FOLDER
#
# Nothing of the machine's /run, /etc, /opt and /var/lib is touched; when its last process ends, its mounts are gone.
set -euo pipefail

folder=$1

# What the agent mounts is to appear wherever the node is looked at from.
mount --make-rshared /
mount -t sysfs sysfs /sys
mkdir -p "$folder/own/run" "$folder/own/lib"
mount --bind "$folder/own/run" /run
mount --bind "$folder/own/lib" /var/lib
for each in opt etc; do
  mkdir -p "$folder/$each/upper" "$folder/$each/work"
  mount -t overlay overlay -o "lowerdir=/$each,upperdir=$folder/$each/upper,workdir=$folder/$each/work" "/$each"
done
mkdir -p /run/netns /run/k8s.cni.cncf.io/devinfo/cni /var/lib/cni /var/lib/kubelet/{pods,device-plugins} /opt/cni/bin /etc/cni/net.d
ip link set lo up
: >"$folder/ready"
exec sleep infinity
