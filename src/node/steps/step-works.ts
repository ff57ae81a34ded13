// SPDX-License-Identifier: Apache-2.0
import type { JournalEntry } from '../journal.ts';
import type { NodeStep } from '../node-plan.ts';
import type { NodeSystem } from '../node-system.ts';
import { bindDevice } from './bind.ts';
import { reserveHugepages } from './hugepages.ts';
import { loadModule } from './modules.ts';
import { enableNoIommu } from './no-iommu.ts';
import type { Undone } from './step-work.ts';
import { createVdpa } from './vdpa.ts';
import { createVirtualFunctions } from './virtual-functions.ts';

/** What is to be recorded before a step; null: it is done already. */
export function lookAtStep(step: NodeStep, system: NodeSystem): Promise<JournalEntry | null> {
  switch (step.kind) {
    case 'load-module':
      return loadModule.look(step, system);
    case 'reserve-hugepages':
      return reserveHugepages.look(step, system);
    case 'create-vfs':
      return createVirtualFunctions.look(step, system);
    case 'enable-noiommu':
      return enableNoIommu.look(step, system);
    case 'bind':
      return bindDevice.look(step, system);
    case 'create-vdpa':
      return createVdpa.look(step, system);
  }
}

export function carryOutStep(step: NodeStep, system: NodeSystem): Promise<void> {
  switch (step.kind) {
    case 'load-module':
      return loadModule.carryOut(step, system);
    case 'reserve-hugepages':
      return reserveHugepages.carryOut(step, system);
    case 'create-vfs':
      return createVirtualFunctions.carryOut(step, system);
    case 'enable-noiommu':
      return enableNoIommu.carryOut(step, system);
    case 'bind':
      return bindDevice.carryOut(step, system);
    case 'create-vdpa':
      return createVdpa.carryOut(step, system);
  }
}

export function undoEntry(entry: JournalEntry, system: NodeSystem): Promise<Undone> {
  switch (entry.kind) {
    case 'load-module':
      return loadModule.undo(entry, system);
    case 'reserve-hugepages':
      return reserveHugepages.undo(entry, system);
    case 'create-vfs':
      return createVirtualFunctions.undo(entry, system);
    case 'enable-noiommu':
      return enableNoIommu.undo(entry, system);
    case 'bind':
      return bindDevice.undo(entry, system);
    case 'create-vdpa':
      return createVdpa.undo(entry, system);
  }
}

/** What the undoing of an entry does, said to people. */
export function undoText(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'load-module':
      return `unload the module${entry.added.length === 1 ? '' : 's'} ${[...entry.added].reverse().join(', ')}`;
    case 'reserve-hugepages': {
      const before = entry.pools.reduce((pages, pool) => pages + pool.before, 0);
      const where = entry.numaNode === null ? '' : ` on NUMA node ${entry.numaNode}`;
      return `give huge pages of ${entry.sizeKiB} KiB back${where}: ${entry.total} → ${before}`;
    }
    case 'create-vfs':
      return `remove the virtual functions of ${entry.pf}: ${entry.count} → ${entry.before}`;
    case 'enable-noiommu':
      return 'let VFIO hand out only what an IOMMU isolates, as before';
    case 'bind':
      return `bind ${entry.pciAddress} back: ${entry.to.at(-1) ?? '?'} → ${entry.before.driver ?? 'no driver'}`;
    case 'create-vdpa':
      return `remove the vDPA device ${entry.name}`;
  }
}
