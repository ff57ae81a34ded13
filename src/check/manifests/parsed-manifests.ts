// SPDX-License-Identifier: Apache-2.0

/** An object of a manifest that knows where it came from. */
export interface ManifestObject {
  readonly file: string;
  readonly apiVersion: string | null;
  readonly kind: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  /** The object as plain data. */
  readonly value: Readonly<Record<string, unknown>>;
  /** `file:line` of the value at a path below the object, or of the nearest thing above it that is there. */
  where(path: readonly PropertyKey[]): string;
  /** `file:line` of a line within the text value at a path; `line` counts from 0. Falls back to the value's own line. */
  whereInText(path: readonly PropertyKey[], line: number): string;
  /** The JSON that stands as text at a path of keys; null where there is no text. */
  json(path: readonly string[]): EmbeddedJson | null;
}

/** JSON within a manifest: a device plugin's config, a network's. */
export interface EmbeddedJson {
  /** null where it is no JSON. */
  readonly value: unknown;
  /** Why it is no JSON; null when it is. */
  readonly problem: string | null;
  /** `file:line` of the value at a path, or of the fault. */
  where(path: readonly PropertyKey[]): string;
}

export interface ManifestProblem {
  readonly where: string;
  readonly message: string;
}

/** What was read of manifest files. */
export interface ParsedManifests {
  readonly objects: readonly ManifestObject[];
  /** What could not be read. */
  readonly problems: readonly ManifestProblem[];
}
