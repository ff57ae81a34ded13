// SPDX-License-Identifier: Apache-2.0
import { maxSocketPathBytes } from '../../../dataplane/contract/run-dir.ts';
import { type Check, type Finding, fail, orPass, pass, skip } from '../check.ts';
import type { ManifestFacts } from '../facts.ts';
import { type StaleFlag, socketPaths, staleFlags, words } from '../manifests/eal-arguments.ts';
import { commandLine, type Pod, podsIn } from '../manifests/pods.ts';
import { listAt, recordAt, textAt } from '../manifests/values.ts';
import { counted, listed } from '../node-words.ts';

const noArguments = 'there are no arguments among the manifests';

export const argumentChecks: readonly Check[] = [
  {
    id: 'VDPA-EAL-001',
    category: 'manifests',
    title: 'DPDK arguments are those of today',
    scope: 'manifests',
    pre: true,
    about: [
      "DPDK 21.11 took old spellings of EAL's options away: `-w` and `--pci-whitelist` are `-a` and `--allow`, `--pci-blacklist` is `--block`, `--master-lcore` is `--main-lcore`. A program with one of these ends at its start. Others are still taken and only noted: `--socket-mem` is `--numa-mem` since 25.07, and `-c` (a mask) is deprecated in favour of `-l`. Looked at are commands, arguments and environment of containers, and the texts of ConfigMaps.",
      'By hand: replace the option.',
    ],
    judge(facts) {
      const places = argumentPlaces(facts);
      if (places.length === 0) return skip(noArguments);
      const needed = 'options that DPDK 21.11 and later know';
      const flags = places.flatMap(({ label, line, where }) =>
        distinct(staleFlags(line)).map((stale) => ({ ...stale, label, where: where(stale.flag) })),
      );
      const gone = flags.filter((flag) => flag.gone);
      if (gone.length > 0) {
        return gone.map(({ label, flag, now, where }) =>
          fail(`${label}: ${flag}`, needed, `write ${now} in place of ${flag}`, where, { flag, now }),
        );
      }
      const noted = [...new Set(flags.map(({ flag, now }) => `${flag} is still taken (now ${now})`))];
      return pass(noted.length === 0 ? counted(places.length, 'command line') : listed(noted), needed);
    },
  },
  {
    id: 'VDPA-PATH-002',
    category: 'manifests',
    title: 'socket paths in arguments fit',
    scope: 'manifests',
    pre: true,
    about: [
      'Linux takes at most 107 bytes for the path of a UNIX socket (unix(7)). A longer one in `path=` or `iface=` fails when the program starts; programs that cut it off wait for a socket that never comes. The folders of kubelet are long: a path below `/var/lib/kubelet/pods` mostly does not fit.',
      'By hand: mount the folder of the socket at a short path.',
    ],
    judge(facts) {
      const places = argumentPlaces(facts);
      if (places.length === 0) return skip(noArguments);
      const needed = `at most ${maxSocketPathBytes} bytes (unix(7))`;
      const findings = places.flatMap(({ label, line, where }) =>
        socketPaths(line).flatMap((path): Finding[] => {
          const bytes = Buffer.byteLength(path);
          if (bytes <= maxSocketPathBytes) return [];
          const hint = `mount its folder at a path that is at least ${bytes - maxSocketPathBytes} bytes shorter`;
          return [fail(`${label}: a socket path of ${bytes} bytes`, needed, hint, where(path), { bytes })];
        }),
      );
      return orPass(findings, counted(places.length, 'command line'), needed);
    },
  },
];

function argumentPlaces(facts: ManifestFacts): readonly Place[] {
  return [...podPlaces(facts), ...configMapPlaces(facts)];
}

function distinct(flags: readonly StaleFlag[]): readonly StaleFlag[] {
  return flags.filter(({ flag }, index) => flags.findIndex((other) => other.flag === flag) === index);
}

interface Place {
  readonly label: string;
  readonly line: readonly string[];
  /** `file:line` of the word that begins with, or holds, a text. */
  where(part: string): string;
}

function podPlaces({ manifests }: ManifestFacts): readonly Place[] {
  return podsIn(manifests).flatMap((pod) =>
    pod.containers.flatMap(({ value, path, name }): Place[] => {
      const label = `${pod.label}, container ${name}`;
      const line = commandLine(value).flatMap(words);
      const commands = line.length === 0 ? [] : [{ label, line, where: whereInCommand(pod, path, value) }];
      const environment = listAt(value, ['env']).flatMap((entry, index): Place[] => {
        const text = textAt(entry, ['value']);
        if (text === null) return [];
        const at = pod.where([...path, 'env', index, 'value']);
        return [{ label: `${label}, ${textAt(entry, ['name']) ?? 'env'}`, line: words(text), where: () => at }];
      });
      return [...commands, ...environment];
    }),
  );
}

/** The argument that holds a text: the first with a word that begins with it, or else that has it anywhere. */
function whereInCommand(pod: Pod, path: readonly (string | number)[], container: unknown): Place['where'] {
  return (part) => {
    for (const key of ['command', 'args'] as const) {
      for (const [index, text] of listAt(container, [key]).entries()) {
        if (typeof text !== 'string') continue;
        const lines = text.split('\n');
        const at = lines.findIndex((line) =>
          words(line).some((word) => word.startsWith(part) || (part.startsWith('/') && word.includes(part))),
        );
        if (at >= 0) return pod.object.whereInText([...pod.path, ...path, key, index], at);
      }
    }
    return pod.where(path);
  };
}

function configMapPlaces({ manifests }: ManifestFacts): readonly Place[] {
  return manifests.objects
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap((object) =>
      Object.entries(recordAt(object.value, ['data'])).flatMap(([key, text]): Place[] => {
        if (typeof text !== 'string' || text.length > 256 * 1024) return [];
        const label = `ConfigMap ${object.name ?? ''}, ${key}`;
        return text
          .split('\n')
          .map((line, index) => ({ line: words(line), index }))
          .filter(({ line }) => line.some((word) => word.startsWith('-')))
          .map(({ line, index }) => ({ label, line, where: () => object.whereInText(['data', key], index) }));
      }),
    );
}
