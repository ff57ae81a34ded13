// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRoot } from '../../src/platform/root-fs.ts';
import { withTree } from '../fixtures/tree.ts';

describe('a tree below a root', () => {
  it('reads text without surrounding white space, and lists sorted', () => {
    withTree({ 'sys/b': ' value\n\n', 'sys/a': '', 'sys/c/d': 'x' }, (root) => {
      const fs = openRoot(root);
      expect(fs.readText('sys/b')).toBe('value');
      expect(fs.list('sys')).toEqual(['a', 'b', 'c']);
      expect(fs.live).toBe(false);
    });
  });

  it.each(['sys/none', 'sys/dir', 'sys/file/below', 'sys/loop', 'sys/dangling', '../outside'])(
    'answers null for %s',
    (path) => {
      const tree = {
        'sys/dir/x': 'x',
        'sys/file': 'x',
        'sys/loop': { to: 'loop2' },
        'sys/loop2': { to: 'loop' },
        'sys/dangling': { to: 'nowhere' },
      };
      withTree(tree, (root) => {
        expect(openRoot(root).readText(path)).toBeNull();
        expect(openRoot(root).list(`${path}/x`)).toEqual([]);
      });
    },
  );

  it('resolves links as if the root were /, and so never leaves it', () => {
    const tree = {
      'etc/hostname': 'inside\n',
      'sys/absolute': { to: '/etc/hostname' },
      'sys/climbing': { to: '../../../../../../etc/hostname' },
      'sys/secret': { to: '/etc/passwd' },
      'sys/dir': { to: '/etc' },
    };
    withTree(tree, (root) => {
      const fs = openRoot(root);
      expect(fs.readText('sys/absolute')).toBe('inside');
      expect(fs.readText('sys/climbing')).toBe('inside');
      expect(fs.readText('sys/dir/hostname')).toBe('inside');
      expect(fs.readText('sys/secret')).toBeNull();
      expect(fs.readText('../../../../../etc/passwd')).toBeNull();
    });
  });

  it('names the last component of a link without following it', () => {
    withTree({ 'sys/driver': { to: '../../bus/pci/drivers/ixgbe/' }, 'sys/up': { to: '..' } }, (root) => {
      const fs = openRoot(root);
      expect(fs.linkName('sys/driver')).toBe('ixgbe');
      expect(fs.linkTarget('sys/driver')).toBe('../../bus/pci/drivers/ixgbe/');
      expect(fs.linkName('sys/up')).toBeNull();
      expect(fs.linkName('sys/none')).toBeNull();
    });
  });

  it('neither blocks on a FIFO nor swallows a huge or binary file', () => {
    withTree({ 'sys/binary': '\0\x01\x1b[2J' }, (root) => {
      mkdirSync(join(root, 'proc'));
      execFileSync('mkfifo', [join(root, 'proc/fifo')]);
      writeFileSync(join(root, 'proc/huge'), 'x');
      truncateSync(join(root, 'proc/huge'), 64 * 1024 ** 3);
      symlinkSync('fifo', join(root, 'proc/to-fifo'));
      const fs = openRoot(root);
      expect(fs.readText('proc/fifo')).toBeNull();
      expect(fs.readText('proc/to-fifo')).toBeNull();
      expect(fs.list('proc/fifo')).toEqual([]);
      expect(fs.read('proc/huge', 1000)).toMatchObject({ truncated: true, text: expect.stringMatching(/^x/) });
      expect(fs.read('proc/huge', 1000)?.text).toHaveLength(1000);
      expect(fs.readText('sys/binary')).toBe('\0\x01\x1b[2J');
    });
  });

  it('tells a file that ends at the limit from one that goes on', () => {
    withTree({ 'sys/file': 'abcd' }, (root) => {
      const fs = openRoot(root);
      expect(fs.read('sys/file', 4)).toEqual({ text: 'abcd', truncated: false });
      expect(fs.read('sys/file', 3)).toEqual({ text: 'abc', truncated: true });
    });
  });
});

describe('a root that cannot be read', () => {
  it.each(['nowhere', 'file'])('is refused with a code: %s', (name) => {
    withTree({ file: '' }, (root) => {
      expect(() => openRoot(join(root, name))).toThrow(expect.objectContaining({ code: 'VDPA-PLATFORM-001' }));
    });
  });
});

it('takes / for the running machine', () => {
  expect(openRoot('/').live).toBe(true);
  expect(openRoot('/').readText('proc/sys/kernel/ostype')).toBe('Linux');
});
