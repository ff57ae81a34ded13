#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All that `vdpactl node prepare` could change on a node, a line each, in an order that does not depend on it.
udevadm settle --timeout=30
shopt -s nullglob
for device in /sys/bus/pci/devices/*; do
  address=${device##*/}
  driver=$(readlink "$device/driver") || driver=none
  printf 'pci %s driver %s override %s\n' "$address" "${driver##*/}" "$(cat "$device/driver_override")"
  if [[ -e $device/sriov_numvfs ]]; then
    printf 'pci %s vfs %s autoprobe %s\n' "$address" "$(cat "$device/sriov_numvfs")" "$(cat "$device/sriov_drivers_autoprobe")"
  fi
done
for net in /sys/class/net/*; do
  name=${net##*/}
  printf 'net %s of %s mac %s mtu %s flags %s addresses %s\n' "$name" "$(basename "$(readlink "$net/device" || echo none)")" \
    "$(cat "$net/address")" "$(cat "$net/mtu")" "$(cat "$net/flags")" \
    "$(ip -brief address show dev "$name" | tr -s ' ' | cut -d ' ' -f 3- | tr ' ' '\n' | grep -v '^fe80' | xargs)"
done
ip route | sed 's/^/route /'
for device in /sys/bus/vdpa/devices/*; do
  printf 'vdpa %s driver %s\n' "${device##*/}" "$(basename "$(readlink "$device/driver" || echo none)")"
done
for pool in /sys/kernel/mm/hugepages/*/nr_hugepages /sys/devices/system/node/node*/hugepages/*/nr_hugepages; do
  printf 'hugepages %s %s\n' "$pool" "$(cat "$pool")"
done
printf 'overcommit %s\n' "$(cat /proc/sys/vm/nr_overcommit_hugepages)"
noiommu=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
if [[ -e $noiommu ]]; then printf 'noiommu %s\n' "$(cat "$noiommu")"; fi
cut -d ' ' -f 1 /proc/modules | sort | sed 's/^/module /'
for file in /dev/vfio/* /dev/vhost-vdpa-* /dev/vduse/* /dev/uio*; do printf 'device %s\n' "$file"; done
find /run/vdpactl-node /run/vdpactl /etc/modprobe.d /etc/modules-load.d 2>/dev/null | sort | sed 's/^/file /'
