// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type CloudOptions, withCloud } from '../../../src/platform/cloud/read-cloud.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import {
  alibabaItems,
  awsDocument,
  type FakeService,
  fakeAlibaba,
  fakeAws,
  fakeService,
} from '../../fixtures/metadata-services.ts';
import { nodeReport } from '../../fixtures/reports.ts';

const services: FakeService[] = [];

afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
});

async function started(service: Promise<FakeService>): Promise<FakeService> {
  services.push(await service);
  return service;
}

const dmi = (sysVendor: string, chassisAssetTag: string | null = null): NodeReport =>
  nodeReport({ node: { dmi: { sysVendor, productName: null, chassisAssetTag } } });
const onAws = dmi('Amazon EC2');
const onAlibaba = dmi('Alibaba Cloud');
/** Firmware of which nobody knows what it means. */
const onBoth = dmi('Amazon EC2', 'Alibaba Cloud');

const env = (aws: FakeService | string, alibaba: FakeService | string = 'http://127.0.0.1:1'): NodeJS.ProcessEnv => ({
  AWS_EC2_METADATA_SERVICE_ENDPOINT: typeof aws === 'string' ? aws : aws.endpoint,
  ALIBABA_CLOUD_METADATA_ENDPOINT: typeof alibaba === 'string' ? alibaba : alibaba.endpoint,
});

/** Why there is no identity, by the evidence. */
async function refusal(report: NodeReport, options: CloudOptions): Promise<string> {
  const { node, evidence } = await withCloud(report, { deadlineMs: 5000, ...options });
  expect(node.cloud).toBeNull();
  return evidence.map(({ value }) => value).join('; ');
}

const aws = {
  name: 'aws',
  instanceId: awsDocument.instanceId,
  instanceType: awsDocument.instanceType,
  region: awsDocument.region,
  zone: awsDocument.availabilityZone,
};
const alibaba = {
  name: 'alibaba',
  instanceId: alibabaItems['instance-id'],
  instanceType: 'ecs.ebmg6.26xlarge',
  region: 'cn-hangzhou',
  zone: 'cn-hangzhou-i',
};

describe('AWS', () => {
  it('is asked with a session token, and for nothing but the identity', async () => {
    const service = await started(fakeAws());
    const source = `${service.endpoint}/latest/dynamic/instance-identity/document`;
    const report = await withCloud(onAws, { env: env(service) });
    expect(report.node.cloud).toEqual({ ...aws, source });
    expect(report.evidence).toEqual([
      { claim: 'cloud aws', source, value: 'aws i-0a1b2c3d4e5f60718 c5n.4xlarge eu-central-1b' },
    ]);
    expect(service.requests).toEqual(['PUT /latest/api/token', 'GET /latest/dynamic/instance-identity/document']);
    expect(JSON.stringify(report)).not.toMatch(/123456789012|token-0/);
  });

  it.each<[string, unknown]>([
    ['instanceId', { ...awsDocument, instanceId: '<script>' }],
    ['instanceType', { ...awsDocument, instanceType: 7 }],
    ['region', { ...awsDocument, region: '' }],
    ['availabilityZone', { ...awsDocument, availabilityZone: 'x'.repeat(500) }],
    ['identity document', 'text'],
    ['identity document', null],
  ])('answers without a good %s are none', async (what, document) => {
    expect(await refusal(onAws, { env: env(await started(fakeAws(document))) })).toContain(
      `no identity: ${what}: not `,
    );
  });

  it("is not asked where AWS's own tools would not ask", async () => {
    const service = await started(fakeAws());
    const why = await refusal(onAws, { env: { ...env(service), AWS_EC2_METADATA_DISABLED: 'true' } });
    expect(why).toContain('AWS_EC2_METADATA_DISABLED');
    expect(service.requests).toEqual([]);
  });
});

describe('Alibaba', () => {
  it.each([
    ['required', 'PUT /latest/api/token'],
    ['optional', 'PUT /latest/api/token'],
    ['none', 'PUT /latest/api/token'],
  ] as const)('is asked when its tokens are %s', async (tokens, first) => {
    const service = await started(fakeAlibaba(tokens));
    const report = await withCloud(onAlibaba, { env: env('', service) });
    expect(report.node.cloud).toEqual({ ...alibaba, source: `${service.endpoint}/latest/meta-data` });
    expect(service.requests[0]).toBe(first);
    expect(service.requests).toHaveLength(5);
  });

  it('is not asked without a token where that is forbidden', async () => {
    const service = await started(fakeAlibaba('none'));
    const strict = { ...env('', service), ALIBABA_CLOUD_IMDSV1_DISABLED: 'true' };
    expect(await refusal(onAlibaba, { env: strict })).toContain('token: HTTP 404');
    const off = { ...env('', service), ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };
    expect(await refusal(onAlibaba, { env: off })).toContain('ALIBABA_CLOUD_ECS_METADATA_DISABLED');
    expect(service.requests).toEqual(['PUT /latest/api/token']);
  });

  it('needs all four answers', async () => {
    const { 'zone-id': _, ...items } = alibabaItems;
    const why = await refusal(onAlibaba, { env: env('', await started(fakeAlibaba('required', items))) });
    expect(why).toContain('no identity: zone-id: HTTP 404');
  });
});

describe('who is asked', () => {
  it('is nobody without a hint of the firmware, or when the user says so', async () => {
    const service = await started(fakeAws());
    const plain = nodeReport();
    expect(await withCloud(plain, { env: env(service, service) })).toBe(plain);
    expect(await withCloud(onAws, { cloud: 'none', env: env(service) })).toBe(onAws);
    expect(service.requests).toEqual([]);
  });

  it('is the one that the user names, whatever the firmware says', async () => {
    const services = [await started(fakeAws()), await started(fakeAlibaba())] as const;
    const report = await withCloud(onAws, { cloud: 'alibaba', env: env(...services) });
    expect(report.node.cloud).toMatchObject(alibaba);
    expect(services[0].requests).toEqual([]);
  });

  it('are both when the firmware names both: the identity is that of whoever answers', async () => {
    const report = await withCloud(onBoth, { env: env('http://127.0.0.1:1', await started(fakeAlibaba())) });
    expect(report.node.cloud).toMatchObject(alibaba);
    expect(report.evidence.map(({ claim, value }) => `${claim}: ${value}`)).toEqual([
      'cloud aws: no identity: ECONNREFUSED',
      expect.stringMatching(/^cloud alibaba: alibaba i-bp1/),
    ]);
  });

  it('and when both answer, the contradiction is in the evidence', async () => {
    const report = await withCloud(onBoth, { env: env(await started(fakeAws()), await started(fakeAlibaba())) });
    expect(report.node.cloud).toMatchObject(aws);
    expect(report.evidence.map(({ claim }) => claim)).toEqual(['cloud aws', 'cloud alibaba', 'cloud, in conflict']);
    expect(report.evidence[2]?.value).toMatch(/^alibaba i-bp1.*another service says aws i-0a1b/);
  });
});

describe('what else may answer there', () => {
  const captivePortal = (): Promise<FakeService> =>
    fakeService((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>'),
    );

  it.each([onAws, onAlibaba])('a captive portal is no cloud', async (report) => {
    const portal = await started(captivePortal());
    expect(await refusal(report, { env: env(portal, portal) })).toMatch(/no identity: token: not one/);
  });

  it.each([301, 302, 307, 308])('a redirect (%s) is not followed', async (status) => {
    const elsewhere = await started(fakeAws());
    const service = await started(
      fakeService((request, response) =>
        response.writeHead(status, { location: `${elsewhere.endpoint}${request.url}` }).end(),
      ),
    );
    expect(await refusal(onAws, { env: env(service) })).toContain(`a redirect (HTTP ${status})`);
    expect(elsewhere.requests).toEqual([]);
  });

  it.each([400, 401, 403, 404, 500, 503])('a refusal (%s) is none', async (status) => {
    const service = await started(fakeService((_, response) => response.writeHead(status).end('{}')));
    expect(await refusal(onAws, { env: env(service) })).toContain(`token: HTTP ${status}`);
  });

  it('an endless answer is given up', async () => {
    const service = await started(
      fakeService((_, response) => {
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', more);
        more();
      }),
    );
    expect(await refusal(onAws, { env: env(service) })).toContain('longer than 64 KiB');
  });

  it('a token that would break out of its header is not sent', async () => {
    const service = await started(fakeService((_, response) => response.end('a\r\nX-Evil: b')));
    expect(await refusal(onAws, { env: env(service) })).toContain('token: not one');
    expect(service.requests).toHaveLength(1);
  });

  it('something that speaks no HTTP is none', async () => {
    const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'));
    const port = await new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' ? address?.port : null);
      }),
    );
    expect(await refusal(onAws, { env: env(`http://127.0.0.1:${port}`) })).toContain('no identity: ');
    server.close();
  });

  it.each(['https://127.0.0.1:1', 'http://user:hunter2@127.0.0.1:1', 'nonsense', 'file:///etc/passwd'])(
    'the address %s is not asked',
    async (endpoint) => {
      const why = await refusal(onAws, { env: env(endpoint) });
      expect(why).toContain('no identity: ');
      expect(why).not.toContain('hunter2');
    },
  );

  it('goes through no proxy', async () => {
    const proxy = await started(captivePortal());
    const service = await started(fakeAws());
    const through = {
      http_proxy: proxy.endpoint,
      HTTP_PROXY: proxy.endpoint,
      NODE_USE_ENV_PROXY: '1',
      ...env(service),
    };
    expect((await withCloud(onAws, { env: through })).node.cloud).toMatchObject(aws);
    expect(proxy.requests).toEqual([]);
  });
});

describe('a service that is slow', () => {
  const slow = (): Promise<FakeService> => started(fakeService(() => {}));

  it('is given up after the one deadline for all of it', async () => {
    const [one, other] = [await slow(), await slow()];
    const before = performance.now();
    const why = await refusal(onBoth, { env: env(one, other), deadlineMs: 100 });
    expect(why).toBe('no identity: no answer within 100 ms; no identity: no answer within 100 ms');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('is given up also when it drips', async () => {
    const service = await started(
      fakeService((_, response) => {
        const timer = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(timer));
      }),
    );
    expect(await refusal(onAws, { env: env(service), deadlineMs: 150 })).toContain('no answer within 150 ms');
  });

  it('is left at once when the user interrupts', async () => {
    const controller = new AbortController();
    const asking = withCloud(onAws, { env: env(await slow()), deadlineMs: 60_000, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(asking).rejects.toThrow('enough');
  });
});
