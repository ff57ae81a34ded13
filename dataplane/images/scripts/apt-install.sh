#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apt-install.sh PACKAGE...: installs them, and leaves nothing behind that is not theirs and that would differ the next time.
set -eu

export DEBIAN_FRONTEND=noninteractive
sh "$(dirname "$0")/apt-setup.sh"
apt-get -qq install -y "$@" >/tmp/apt.log 2>&1 || {
	tail -n 20 /tmp/apt.log >&2
	exit 1
}
rm -rf /tmp/apt.log /etc/apt/apt.conf.d/90vdpactl /etc/dpkg/dpkg.cfg.d/90vdpactl /var/lib/apt/lists/* \
	/var/cache/apt/*.bin /var/cache/apt/archives/*.deb /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache \
	/var/lib/dpkg/*-old /var/log/dpkg.log /var/log/alternatives.log /var/log/apt
