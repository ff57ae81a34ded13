// SPDX-License-Identifier: Apache-2.0

/** In a module of its own: of a CommonJS package that is imported on demand, the bundle knows no names. */
export { extract, pack } from 'tar-stream';
