#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Kubernetes node that has a machine to itself: containerd and kubelet in a guest of the hardware lab, as guest-node.ts
# starts it there:
#
#   guest-node.sh FOLDER NAME ADDRESS
#
# FOLDER is what the guest sees of the machine that it runs on: settings, programs and images. What the node writes stays
# in the guest.
set -euo pipefail

folder=$1
name=$2
address=$3

# Volumes and sockets are to appear in containers that ask for it.
mount --make-rshared /
modprobe -a overlay br_netfilter
echo 1 >/proc/sys/net/ipv4/ip_forward

mkdir -p /opt/cni /etc/cni/net.d
cp --recursive --no-target-directory /usr/lib/cni /opt/cni/bin
cp "$folder/pod-network.conflist" /etc/cni/net.d/10-pods.conflist

containerd --config "$folder/containerd.toml" >/var/log/containerd.log 2>&1 &
for ((tries = 1200; tries > 0; tries--)); do
  if ctr version >/dev/null 2>&1; then break; fi
  sleep 0.1
done
for image in "$folder"/images/*.tar; do ctr --namespace k8s.io images import "$image" >>/var/log/containerd.log 2>&1; done

"$folder/kubelet" --config="$folder/kubelet.json" --kubeconfig="$folder/kubelet.kubeconfig" --hostname-override="$name" \
  --node-ip="$address" >/var/log/kubelet.log 2>&1 &
echo 'the node is started'
# Either ends: the node is down.
wait -n
