// SPDX-License-Identifier: Apache-2.0
import { Document, Scalar, visit } from 'yaml';
import type { KubernetesObject, KubernetesStack } from '../../templates/kubernetes/kubernetes-object.ts';
import { labelCommands } from './label-commands.ts';
import { stackSummary } from './stack-summary.ts';

/** The stack as one file of YAML documents for `kubectl apply -f`, with a comment that says what to know beforehand. */
export function toManifestYaml(stack: KubernetesStack): string {
  const comment = [
    ...stackSummary(stack),
    '',
    'The nodes need their labels first:',
    '',
    ...labelCommands(stack).map((line) => `  ${line}`),
  ];
  const header = comment.map((line) => `# ${line}`.trimEnd()).join('\n');
  return `${header}\n${stack.objects.map((object) => `---\n${objectYaml(object)}`).join('')}`;
}

/** One object as a YAML document that says the same to readers of YAML 1.1 and of YAML 1.2. */
export function objectYaml(object: KubernetesObject): string {
  return plainYaml(object);
}

/** Any plain data, likewise. */
export function plainYaml(value: object): string {
  const doc = new Document(value, { aliasDuplicateObjects: false });
  visit(doc, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string' || node.value.includes('\n')) return;
      if (!isSafePlain(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return doc.toString({ lineWidth: 0 });
}

/** What some YAML reader takes for a boolean or for nothing. */
const words = /^(?:y|n|yes|no|on|off|true|false|null)$/i;

/** What some reader of YAML 1.1 takes for a number: an exponent of nothing, as a hash may be. */
const exponent = /^e-?\d+$/i;

/** A text that no reader takes for anything else: begins with a letter or a slash and is no word. Anything else is quoted. */
function isSafePlain(text: string): boolean {
  const isText = /^[A-Za-z/][\w./@:-]*(?: [\w./@-]+)*$/.test(text) && !text.endsWith(':');
  return isText && !words.test(text) && !exponent.test(text);
}
