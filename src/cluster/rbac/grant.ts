// SPDX-License-Identifier: Apache-2.0

/** A verb, and what vdpactl does with it. */
export interface GrantedVerb {
  readonly verb: string;
  readonly why: string;
}

/** Some verbs on one kind of object. */
export interface Grant {
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  /** null: in the whole cluster. */
  readonly namespace: string | null;
  /** The only objects that it is for; null: all. */
  readonly names: readonly string[] | null;
  readonly verbs: readonly GrantedVerb[];
}

/** One grant for each kind, namespace and set of names, with each verb once, whatever number of reasons it has. */
export function mergeGrants(grants: readonly Grant[]): Grant[] {
  const merged = new Map<string, Grant>();
  for (const grant of grants) {
    const names = grant.names === null ? null : [...new Set(grant.names)].sort();
    const key = JSON.stringify([grant.namespace, grant.group, grant.resource, names]);
    const before = merged.get(key)?.verbs ?? [];
    merged.set(key, { ...grant, names, verbs: mergeVerbs([...before, ...grant.verbs]) });
  }
  return [...merged.values()]
    .map((grant) => withoutCovered(grant, merged.values()))
    .filter(hasVerbs)
    .sort(byPlace);
}

function mergeVerbs(verbs: readonly GrantedVerb[]): GrantedVerb[] {
  const reasons = new Map<string, Set<string>>();
  for (const { verb, why } of verbs) reasons.set(verb, (reasons.get(verb) ?? new Set()).add(why));
  return [...reasons].map(([verb, whys]) => ({ verb, why: [...whys].join('; ') }));
}

/** What may be done to all objects of the cluster need not be said of some of them. */
function withoutCovered(grant: Grant, all: Iterable<Grant>): Grant {
  if (grant.namespace === null && grant.names === null) return grant;
  const covering = [...all].filter(
    (other) =>
      other !== grant &&
      other.group === grant.group &&
      other.resource === grant.resource &&
      other.names === null &&
      (other.namespace === null || other.namespace === grant.namespace),
  );
  const isCovered = (verb: string) => covering.some(({ verbs }) => verbs.some((each) => each.verb === verb));
  return { ...grant, verbs: grant.verbs.filter(({ verb }) => !isCovered(verb)) };
}

const hasVerbs = ({ verbs }: Grant): boolean => verbs.length > 0;

/** The whole cluster first, then namespace by namespace; within, by kind. */
function byPlace(a: Grant, b: Grant): number {
  const keyOf = ({ namespace, group, resource, names }: Grant) =>
    [namespace ?? '', group, resource, (names ?? []).join()].join('\0');
  return keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0;
}
