// SPDX-License-Identifier: Apache-2.0
// The layers of the project and which may use which: docs/architecture.md draws them. A part may use what stands below
// it, never what stands above or beside it, unless it is named here.

/** From the top down; those in one row do not use each other. */
const layers = [
  { name: 'commands', path: '^src/(commands/|completion/|cli\\.ts$)' },
  { name: 'actions', path: '^src/(cluster|fleet|local|bench)/' },
  { name: 'check', path: '^src/check/' },
  { name: 'templates', path: '^src/(templates|node)/' },
  { name: 'providers', path: '^src/providers/' },
  { name: 'backends', path: '^src/backends/' },
  { name: 'ground', path: '^(src/platform|dataplane/contract)/' },
  { name: 'helpers', path: '^src/(config|errors|files|process)/|^src/(schema-version|version)\\.ts$' },
];

const anyOf = (rows) => rows.map((row) => row.path).join('|');

/** A layer must not use those above it. */
const downwards = layers.slice(1).map((layer, index) => ({
  name: `${layer.name}-below-${layers[index].name}`,
  comment: `${layer.name} must not use anything that stands above it`,
  severity: 'error',
  from: { path: layer.path },
  to: { path: anyOf(layers.slice(0, index + 1)) },
}));

module.exports = {
  forbidden: [
    ...downwards,
    {
      name: 'platform-knows-no-contract',
      comment: 'what is on a node and how its parts talk are two things',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^dataplane/contract/' },
    },
    {
      name: 'contract-is-small',
      comment: 'the contract is shared by every process: it knows files, errors and nothing that decides',
      severity: 'error',
      from: { path: '^dataplane/contract/' },
      to: {
        path: '^(src|dataplane)/',
        pathNot: '^(dataplane/(contract|proto)/|src/(files|errors|process)/|src/schema-version\\.ts$)',
      },
    },
    {
      name: 'templates-and-node-apart',
      comment: 'what is written for a cluster and what is done to a node are two outcomes of one decision',
      severity: 'error',
      from: { path: '^src/(templates|node)/' },
      to: { path: '^src/(templates|node)/', pathNot: '^src/$1/' },
    },
    {
      name: 'local-without-bench',
      comment: 'the benchmark measures a stack; a stack does not know that it is measured',
      severity: 'error',
      from: { path: '^src/(local|cluster)/' },
      to: { path: '^src/bench/' },
    },
    {
      name: 'platform-knows-no-config',
      comment: 'a node is what it is, whatever the config wants',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/config/' },
    },
    {
      name: 'errors-stand-alone',
      severity: 'error',
      from: { path: '^src/errors/' },
      to: { path: '^(src|dataplane)/', pathNot: '^src/errors/' },
    },
    {
      name: 'output-prints-what-it-is-given',
      comment: 'the texts know the shape of a result and nothing that makes one',
      severity: 'error',
      from: { path: '^src/output/' },
      to: {
        path: `${anyOf(layers.slice(0, -1))}|^src/(config|files|process)/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'terminal-belongs-to-commands',
      comment: 'nothing below the commands prints',
      severity: 'error',
      from: { path: '^(src|dataplane)/', pathNot: '^src/(commands/|cli\\.ts$)' },
      to: { path: '^src/output/terminal-progress\\.ts$' },
    },
    {
      name: 'daemons-use-the-lower-layers',
      comment: 'agent and supervisor run on every node: they bring nothing of the command line along',
      severity: 'error',
      from: { path: '^dataplane/(agent|supervisor)/' },
      to: {
        path: '^(src|dataplane)/',
        pathNot:
          '^(dataplane/(contract|proto)/|src/(config|platform|providers|backends|templates|node|files|process|errors)/|src/(schema-version|version)\\.ts$|dataplane/$1/)',
      },
    },
    {
      name: 'supervisor-decides-nothing',
      comment: 'it starts what is wanted; only the agent decides, and by the code by which its manifests were rendered',
      severity: 'error',
      from: { path: '^dataplane/supervisor/' },
      to: { path: '^src/(config|providers|templates|node)/' },
    },
    {
      name: 'src-knows-no-daemon',
      comment: 'the command line starts the daemons and talks to them; it never runs their code',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^dataplane/(agent|supervisor)/' },
    },
    {
      name: 'no-tests-or-scripts',
      severity: 'error',
      from: { path: '^(src|dataplane)/' },
      to: { path: '^(test|scripts|bench|bin)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'a file that nothing uses',
      severity: 'error',
      from: { orphan: true, path: '^(src|dataplane)/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/build/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
