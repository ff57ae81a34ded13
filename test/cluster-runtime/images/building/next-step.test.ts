// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { engineNames } from '../../../../src/cluster/images/building/engine.ts';
import { nextAfterBuild, nextAfterLoad, nextAfterPush } from '../../../../src/cluster/images/building/next-step.ts';

const reference = 'registry.example.com:5000/team/node:1';

// What podman 4.3, buildah 1.28, docker 20.10 and 28, ctr 1.6, kind 0.33 and k3d 5.8 said in the lab, in part.
describe('nextAfterPush', () => {
  it.each([
    ['pinging container registry: Get "https://h/v2/": http: server gave HTTP response to HTTPS client', /no TLS/],
    ['tls: failed to verify certificate: x509: certificate signed by unknown authority', /certs\.d\/registry/],
    ['checking whether a blob exists: unauthorized: authentication required', /login registry\.example\.com:5000$/],
    ['no basic auth credentials', /login registry/],
    ['denied: requested access to the resource is denied', /login registry/],
    ['dial tcp 127.0.0.1:1: connect: connection refused', /reaches it/],
    ['dial tcp: lookup nowhere.invalid on 192.0.2.1:53: no such host', /reaches it/],
    ['something else', /--dry-run/],
  ])('%s', (said, next) => {
    for (const engine of engineNames) expect(nextAfterPush(said, engine, reference)).toMatch(next);
  });

  it('tells each engine in its way that a registry has no TLS', () => {
    const said = 'http: server gave HTTP response to HTTPS client';
    expect(nextAfterPush(said, 'podman', reference)).toContain('--engine-arg=--tls-verify=false');
    expect(nextAfterPush(said, 'docker', reference)).toContain('insecure-registries');
  });
});

describe('nextAfterBuild', () => {
  it.each([
    ['ERROR: BuildKit is enabled but the buildx component is missing or broken.', /buildx/],
    ['Error: creating build container: initializing source docker://debian:trixie-slim: pinging', /--base/],
    [
      "W: Failed to fetch http://mirror.example/dists/trixie/InRelease  Temporary failure resolving 'mirror.example'",
      /--mirror/,
    ],
    [
      'error running container: from /usr/sbin/runc creating container for [/bin/sh]: unable to apply caps',
      /isolation/,
    ],
    ['write /var/lib/x: no space left on device', /room/],
    ['make: *** [Makefile:3: all] Error 1', /--dry-run/],
  ])('%s', (said, next) => {
    expect(nextAfterBuild(said)).toMatch(next);
  });
});

describe('nextAfterLoad', () => {
  it.each([
    ['containerd', 'dial unix /run/containerd/containerd.sock: connect: permission denied', /sudo/],
    ['containerd', 'ctr: failed to dial "/run/nowhere": context deadline exceeded', /CONTAINERD_ADDRESS/],
    ['kind', 'ERROR: no nodes found for cluster "kind"', /kind get clusters/],
    ['k3d', 'Failed to get cluster other: No nodes found for given cluster', /k3d cluster list/],
    ['k3d', "docker failed to pull image 'ghcr.io/k3d-io/k3d-tools:latest'", /K3D_IMAGE_TOOLS/],
    ['k3d', "failed to import images in node 'k3d-demo-agent-0': container is not running", /k3d node list/],
    ['k3d', "failed to start node 'k3d-lab-tools'", /--dry-run/],
    ['podman', 'Error: payload does not match any of the supported image formats', /--dry-run/],
  ] as const)('%s: %s', (to, said, next) => {
    expect(nextAfterLoad(said, to)).toMatch(next);
  });
});
