// SPDX-License-Identifier: Apache-2.0
import type { EngineName } from './engine.ts';
import type { LoadTarget } from './plan-load.ts';

/** What a program says when it fails for this reason, and what a user does about it. */
type Reason = readonly [said: RegExp, next: string];

/** The first reason that what a program said tells of. */
function nextStep(said: string, reasons: readonly Reason[], otherwise: string): string {
  return reasons.find(([pattern]) => pattern.test(said))?.[1] ?? otherwise;
}

/** For an image that cannot be built. Pure, as the others here. */
export function nextAfterBuild(said: string): string {
  return nextStep(
    said,
    [
      [
        /buildx component is missing/,
        "install docker's buildx (on Debian: apt-get install docker-buildx), or name another engine: --engine podman",
      ],
      [
        /initializing source docker:|failed to resolve source metadata|pull access denied|manifest unknown/,
        'name a base that can be pulled: --base IMAGE; docs/images.md tells how to make one from a mirror of Debian',
      ],
      [
        /Temporary failure resolving|Could not connect to|Failed to fetch|Unable to connect to/,
        'name a mirror of Debian that builds can reach: --mirror URL; where they lack a network, --engine-arg=--network=host',
      ],
      [
        /setting rlimit|unable to apply caps|Operation not permitted|error running container/i,
        'where a container cannot be started: --engine buildah --engine-arg=--isolation=chroot',
      ],
      [/no space left on device/, 'make room where the engine keeps its images'],
    ],
    'its last lines are above; vdpactl images build --dry-run prints the command to run by hand',
  );
}

/** For an image that cannot be pushed under the name `reference`. */
export function nextAfterPush(said: string, engine: EngineName, reference: string): string {
  const registry = reference.slice(0, reference.indexOf('/'));
  const plainHttp =
    engine === 'docker'
      ? `the registry has no TLS: name it in insecure-registries of /etc/docker/daemon.json and restart docker`
      : 'the registry has no TLS: --engine-arg=--tls-verify=false';
  return nextStep(
    said,
    [
      [/server gave HTTP response to HTTPS client/, plainHttp],
      [
        /x509:|certificate/,
        `let this machine trust the registry: its CA goes to /etc/docker/certs.d/${registry}/ca.crt`,
      ],
      [
        /unauthorized|authentication required|no basic auth credentials|\bdenied:|forbidden|invalid username/i,
        `log in as somebody who may push there: ${engine} login ${registry}`,
      ],
      [
        /connection refused|no such host|timeout|no route to host|unreachable|deadline exceeded/i,
        `see that the registry ${registry} runs, and that this machine reaches it`,
      ],
    ],
    'see what the registry said above; vdpactl images push --dry-run prints the commands to run by hand',
  );
}

/** For an image that `to` does not take. */
export function nextAfterLoad(said: string, to: LoadTarget): string {
  const reasons: Record<LoadTarget, readonly Reason[]> = {
    containerd: [
      [/permission denied/, 'containerd answers root alone: sudo vdpactl images load'],
      [
        /failed to dial|no such file or directory|connection refused/,
        'start containerd, or say where it listens: CONTAINERD_ADDRESS=/path/to/containerd.sock',
      ],
    ],
    kind: [
      [
        /no nodes found/,
        'name the cluster with --cluster; kind get clusters prints them, with podman after KIND_EXPERIMENTAL_PROVIDER=podman',
      ],
    ],
    k3d: [
      [/no nodes found/i, 'name the cluster with --cluster; k3d cluster list prints them'],
      [/failed to pull/, 'k3d pulls an image of its own for this: K3D_IMAGE_TOOLS says where from'],
      [/failed to import images in node/, 'see that every node of the cluster runs: k3d node list'],
    ],
    podman: [],
  };
  const otherwise = 'see what it said above; vdpactl images load --dry-run prints the commands to run by hand';
  return nextStep(said, reasons[to], otherwise);
}
