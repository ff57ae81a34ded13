// SPDX-License-Identifier: Apache-2.0

export interface NodeLine {
  readonly name: string;
  readonly ready: string;
  readonly kubelet: string;
  readonly provider: string;
  readonly allocatable: string;
}

export interface PodLine {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly message: string;
}

export interface EventLine {
  readonly at: string;
  readonly object: string;
  readonly reason: string;
  readonly count: number;
  readonly message: string;
}

/** What the summary of a sysdump shows, gathered on the way: so much of each that a person can read it. */
export class Digest {
  serverVersion = '';
  stack = 'not known';
  /** Nodes whose kubelet does not answer: nothing can be had from them. */
  readonly silent = new Set<string>();
  readonly nodes = new Lines<NodeLine>();
  readonly pods = new Lines<PodLine>();
  readonly warnings = new Lines<EventLine>();
}

const most = 500;

/** The first of many, and how many there were. */
export class Lines<Line> {
  readonly shown: Line[] = [];
  count = 0;

  add(line: Line): void {
    this.count += 1;
    if (this.shown.length < most) this.shown.push(line);
  }
}
