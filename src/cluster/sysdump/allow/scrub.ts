// SPDX-License-Identifier: Apache-2.0

const hidden = '[hidden]';

/** What a credential looks like in free text. Each reads a text once, however it is made. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  // Tokens of service accounts and of OpenID.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, hidden],
  [/\b(Bearer|Basic|Negotiate)[ \t]+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"']{1,200}:[^\s/@"']{1,200}@/gi, `$1${hidden}@`],
  // Access keys of AWS and of Alibaba Cloud.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bLTAI[A-Za-z0-9]{12,30}\b/g, hidden],
  [
    /((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credentials?|authorization)[\w-]{0,40}\\?["']?[ \t]{0,8}[:=][ \t]{0,8})(?:\\?"[^"\n]*"|'[^'\n]*'|[^\s,;"'}]+)/gi,
    `$1${hidden}`,
  ],
];

/**
 * Free text, such as a log or a message, without what looks like a credential. Fields are chosen by name and need none of
 * this; text that a program wrote can hold anything. Pure.
 */
export function scrub(text: string): string {
  return patterns.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);
}
