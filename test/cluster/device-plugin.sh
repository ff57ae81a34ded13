#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The SR-IOV network device plugin on a machine that does not exist, in name spaces of its own (mounts, processes,
# network), as device-plugin.ts starts it:
#
#   device-plugin.sh FOLDER PROGRAM [node]
#
# FOLDER/root/sys is its /sys. FOLDER/interfaces has a line for every interface: its name, and `default` where the
# default route leads there. FOLDER/lib is its /var/lib, where it puts its sockets; with `node`, it is on a node of the
# lab, and where kubelet looks for them.
set -euo pipefail

folder=$1
program=$2
where=${3:-}

mount --bind "$folder/root/sys" /sys
if [[ $where != node ]]; then
  mkdir -p "$folder/lib/kubelet/plugins_registry" "$folder/lib/kubelet/device-plugins" "$folder/run"
  mount --bind "$folder/lib" /var/lib
  mount --bind "$folder/run" /run
fi

metric=0
while read -r name route; do
  # It looks at names, addresses and routes: any kind of interface will do.
  # On a node it may have run before.
  ip link show "$name" >/dev/null 2>&1 || ip link add "$name" type bridge
  ip link set "$name" up
  if [[ $route == default && $where != node ]]; then ip route add default dev "$name" metric $((++metric)); fi
done <"$folder/interfaces"

# Names of vendors, which it prints. Without them it asks the network.
export HOME=$folder
mkdir -p "$folder/.cache"
: >"$folder/.cache/pci.ids"

exec "$program" --config-file="$folder/config.json" -logtostderr -v 10
