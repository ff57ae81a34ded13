// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

const dnsLabel = z
  .string()
  .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/)
  .meta({ title: 'a DNS label: lower-case letters, digits and dashes, at most 63' });

/** Distribution's grammar of image references, without `latest`: a tag or a digest has to be there. */
const imageReference = z
  .string()
  .regex(/^[a-z0-9][a-zA-Z0-9._:/-]{0,200}(?::(?!latest$)\w[\w.-]{0,127}|@sha256:[0-9a-f]{64})$/)
  .meta({ title: 'an image with an exact version or a digest (never latest)' });

/** What all engines take for a host, not for a folder of the registry that they ask when a name has none. */
const registryHost =
  /^(?:localhost|[a-zA-Z0-9][a-zA-Z0-9-]*(?::\d{1,5}|(?:\.[a-zA-Z0-9-]+)+(?::\d{1,5})?))(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*\/?$/;

const imagesConfigSchema = z.strictObject({
  registry: z
    .string()
    .max(200)
    .regex(registryHost)
    .meta({ title: 'a registry, HOST or HOST/PATH: HOST with a dot or a port, PATH in small letters, no https://' })
    .nullable()
    .default(null)
    .describe('Where all images are taken from, in place of the registry in their name; null: as they are named.')
    .meta({ examples: ['registry.example.com/mirror'] }),
  pullSecrets: z.array(dnsLabel).default([]).describe('Secrets of type dockerconfigjson for pulling the images.'),
  node: imageReference.default('localhost/vdpactl/node:0.1.0').describe('The node image: agent, backends, CNI plugin.'),
  l3fwd: imageReference.default('localhost/vdpactl/l3fwd:0.1.0').describe('The workload l3fwd.'),
  seawreck: imageReference
    .default('localhost/vdpactl/seawreck:0.1.0')
    .describe('The workload Seastar httpd and seawreck.'),
  devicePlugin: imageReference
    .default('ghcr.io/k8snetworkplumbingwg/sriov-network-device-plugin:v3.11.0')
    .describe('The SR-IOV network device plugin.'),
  multus: imageReference
    .default('ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.0-thick')
    .describe('Multus, the thick plugin.'),
});

/** As `kubectl --selector` takes it: `key=value`, the key with or without a prefix, the value maybe empty. */
const label = z
  .string()
  .regex(
    /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?=(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/,
  )
  .meta({ title: 'a label, key=value' });

export const kubernetesConfigSchema = z.strictObject({
  namespace: dnsLabel.default('vdpactl-system').describe('The namespace of the stack.'),
  workloadNamespace: dnsLabel
    .default('vdpactl-workloads')
    .describe('The namespace of the workloads and of their network.'),
  network: dnsLabel.default('vdpa').describe('The name of the NetworkAttachmentDefinition that pods ask for.'),
  multus: z
    .enum(['auto', 'install', 'present'])
    .default('auto')
    .describe('auto: installed where no node has it. present: there already, and left alone.'),
  workloads: z
    .array(z.enum(['l3fwd', 'seawreck']))
    .default(['l3fwd'])
    .describe('The workloads that are deployed along with the stack.'),
  nodeSelector: z
    .array(label)
    .default([])
    .describe('Labels of the nodes that the stack runs on, besides the one that vdpactl gives each node.')
    .meta({ examples: [['node-role.kubernetes.io/worker=']] }),
  tolerateAll: z
    .boolean()
    .default(false)
    .describe('Whether the stack also runs on nodes with taints, such as control planes.'),
  agentPages: z
    .enum(['node', 'loopback'])
    .default('node')
    .describe(
      "Where the agent of a node shows its metrics and what its devices do, for Prometheus, `vdpactl status --devices` and `vdpactl sysdump`. node: at the node's address, port 9861, to whoever reaches it. loopback: on the node alone.",
    ),
  images: imagesConfigSchema.prefault({}).describe('The images, each with an exact version or a digest.'),
});
