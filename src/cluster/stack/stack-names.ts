// SPDX-License-Identifier: Apache-2.0

/** Who applies: as `metadata.managedFields` names it. */
export const fieldManager = 'vdpactl';

/** On every object and node of a stack; its value is the namespace of the stack. */
export const ownerAnnotation = 'vdpactl.io/owner';

/** The ConfigMap in the namespace of the stack that records all of it, and the Lease that guards it. */
export const inventoryName = 'vdpactl-inventory';
export const leaseName = 'vdpactl';
