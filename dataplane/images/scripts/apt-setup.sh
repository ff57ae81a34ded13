#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Where the packages of an image come from:
#   MIRROR    the URL of a Debian mirror, in place of what the base image knows
#   SNAPSHOT  the archive as it was then (20261101T000000Z): apt knows where Debian keeps that
set -eu

{
	echo 'APT::Install-Recommends "false";'
	echo 'Acquire::Languages "none";'
	echo 'Acquire::Retries "3";'
	if [ -n "${SNAPSHOT:-}" ]; then
		echo "APT::Snapshot \"$SNAPSHOT\";"
		# The base image has no certificates. Packages are verified by their signatures, whatever brings them.
		apt-config dump Acquire::Snapshots | sed -n 's/"https:/"http:/p'
	fi
} >/etc/apt/apt.conf.d/90vdpactl

if [ -n "${MIRROR:-}" ]; then
	. /etc/os-release
	rm -f /etc/apt/sources.list.d/*
	echo "deb $MIRROR $VERSION_CODENAME main" >/etc/apt/sources.list
fi
# An image is no machine that could lose power.
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/90vdpactl
# By itself it is content with less than all, and then packages are missing or old.
apt-get -qq -o APT::Update::Error-Mode=any update
