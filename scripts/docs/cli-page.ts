// SPDX-License-Identifier: Apache-2.0
import { Command, type Option } from 'commander';
import { addGlobalOptions } from '../../src/commands/command.ts';
import { type ErrorCode, errorCodes, exitCode } from '../../src/errors/error-codes.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { toJson } from '../../src/output/document.ts';
import { errorDocument } from '../../src/output/error-text.ts';
import { block, code, generatedFrom, prose, table } from './markdown.ts';

const exitMeanings: Readonly<Record<keyof typeof exitCode, string>> = {
  ok: 'done; for `check`: nothing at or above the threshold; for `status`: all that was deployed runs',
  findings: '`check` found failures; `status` found something stopped; `bench` missed its goal, or no packet came back',
  usage: 'wrong usage, config or input',
  unreachable: 'the node agent does not answer',
  timeout: 'timed out',
  refused: 'refused or failed: something is missing, in use, in the way, or would cut the machine off',
  bug: 'a fault in vdpactl; the message says how to report it',
  interrupted: 'interrupted; run the same command again to go on, or `vdpactl destroy` to remove everything',
};

const environment: readonly (readonly [name: string, meaning: string])[] = [
  ['PATH', 'where `dpdk-testpmd`, the compiler and `make` are looked for'],
  ['VDPACTL_TESTPMD', 'the path of another testpmd, such as of a DPDK that you built yourself'],
  ['VDPACTL_DPDK_VDPA', 'the path of the program that DPDK builds of `examples/vdpa`; otherwise `dpdk-vdpa` in `PATH`'],
  ['XDG_CACHE_HOME', 'the programs built for the benchmark are kept in `vdpactl` below it (default `~/.cache`)'],
  ['SSH_CONNECTION', 'tells which interface carries the SSH session in use: that one is an uplink'],
  ['KUBECONFIG', 'the kubeconfig files, as `kubectl` takes them'],
  [
    'SOURCE_DATE_EPOCH',
    'the time of everything in the images that `images build` makes, seconds since 1970; otherwise that of the commit',
  ],
  ['TMPDIR', 'where `images load` writes an archive of each image; otherwise `/var/tmp`'],
  [
    'KUBERNETES_SERVICE_HOST',
    'with `KUBERNETES_SERVICE_PORT`: the API server of the cluster that vdpactl itself runs in',
  ],
  ['KUBERNETES_SERVICE_PORT', 'see `KUBERNETES_SERVICE_HOST`'],
  ['NO_PROXY', 'hosts of API servers that are asked without the proxy; also `no_proxy`'],
  ['no_proxy', 'see `NO_PROXY`'],
  ['AWS_EC2_METADATA_DISABLED', "when it is `true`, the metadata service of EC2 is not asked, as by AWS's own tools"],
  ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'another address of that service'],
  ['AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE', '`IPv6` for its IPv6 address'],
  ['ALIBABA_CLOUD_METADATA_ENDPOINT', 'another address of the metadata service of Alibaba Cloud'],
  ['NO_COLOR', 'when it is set, errors are printed without colour'],
  ['FORCE_COLOR', 'when it is set to anything but `0`, errors are printed in colour without a terminal too'],
  ['CI', 'when it is set, or `TERM` is `dumb`, progress is one line a step also on a terminal'],
];

const intro = `# Commands

The result of a command goes to standard output, everything else (progress, warnings, errors) to standard error. Commands
that start, stop or attach something need root. What a config key means stands in [config](config.md).
`;

const outputText = `## Output as data

\`-o json\` and \`-o yaml\` print exactly one document, whatever happens, and it has a \`schemaVersion\`. A command that fails
prints its error as data too, and on standard error for people. The codes are explained in
[troubleshooting](troubleshooting.md).
`;

/** docs/cli.md: every command with its options and examples, exit codes, output, environment. */
export function cliPage(program: Command): string {
  const commands = visible(program).flatMap((command) => (command.commands.length > 0 ? visible(command) : [command]));
  const shared = globalOptions();
  const sections = commands.map((command) => commandSection(command, shared));
  return [
    generatedFrom('the command tree in src/commands and src/errors'),
    intro,
    table(
      ['command', 'what it does'],
      commands.map((command) => [`[${path(command)}](#${path(command).replace(' ', '-')})`, command.summary()]),
    ),
    ...sections,
    '## Options of every command\n',
    optionTable([...shared, helpOption]),
    '## Exit codes\n',
    exitTable(),
    outputText,
    block('json', toJson(errorDocument(sampleError()))),
    '## Environment\n',
    table(
      ['variable', 'meaning'],
      environment.map(([name, meaning]) => [code(name), meaning]),
    ),
  ].join('\n');
}

const helpOption = { flags: '-h, --help', description: 'print what the command does, its options, and examples' };

interface Meaning {
  readonly description: string;
  readonly argChoices?: readonly string[] | undefined;
  readonly defaultValue?: unknown;
}

/** Commander adds `help` by itself; it has no summary of ours and needs no section. */
function visible(command: Command): Command[] {
  const commands = command.createHelp().visibleCommands(command);
  return commands.filter((child) => child.name() !== 'help');
}

/** The words that lead to a command, without the program's: `node prepare`. */
function path(command: Command): string {
  const group = command.parent;
  return group?.parent == null ? command.name() : `${path(group)} ${command.name()}`;
}

function globalOptions(): readonly Option[] {
  return addGlobalOptions(new Command()).options;
}

function commandSection(command: Command, shared: readonly Option[]): string {
  const names = new Set(shared.map((option) => option.long));
  const own = command.options.filter((option) => !option.hidden && !names.has(option.long));
  const argumentRows = command.registeredArguments.map((argument) => [
    code(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`),
    meaning(argument),
  ]);
  return [
    `## ${path(command)}\n`,
    `${prose(command.description())}\n`,
    block('text', usage(command)),
    ...(argumentRows.length === 0 ? [] : [table(['argument', 'meaning'], argumentRows)]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...examplesOf(command),
  ].join('\n');
}

function usage(command: Command): string {
  return `vdpactl ${path(command)} ${command.usage()}`.trimEnd();
}

function optionTable(options: readonly (Meaning & { readonly flags: string })[]): string {
  return table(
    ['option', 'meaning'],
    options.map((option) => [code(option.flags), meaning(option)]),
  );
}

function meaning({ description, argChoices, defaultValue }: Meaning): string {
  const choices = argChoices === undefined ? '' : `: ${argChoices.map(code).join(', ')}`;
  const isSwitch = typeof defaultValue === 'boolean';
  const fallback = defaultValue === undefined || isSwitch ? '' : ` (default: ${code(String(defaultValue))})`;
  return `${prose(description)}${choices}${fallback}`;
}

/** The examples as the help has them: indented lines are code, what stands at the margin is prose. */
function examplesOf(command: Command): string[] {
  const [, text = ''] = helpText(command).split('\nExamples:\n');
  const parts: { isCode: boolean; lines: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const isCode = line === '' || line.startsWith('  ');
    const last = parts.at(-1);
    if (last?.isCode === isCode) last.lines.push(line);
    else parts.push({ isCode, lines: [line] });
  }
  return parts
    .filter(({ lines }) => lines.some((line) => line !== ''))
    .map(({ isCode, lines }) =>
      isCode ? block('sh', lines.map((line) => line.replace(/^ {2}(\$ )?/, '')).join('\n')) : `${lines.join('\n')}\n`,
    );
}

function helpText(command: Command): string {
  let text = '';
  const { writeOut } = command.configureOutput();
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  command.configureOutput(writeOut === undefined ? {} : { writeOut });
  return text;
}

function exitTable(): string {
  const names = Object.keys(exitCode).filter(isExitName);
  return table(
    ['exit code', 'meaning', 'errors'],
    names.map((name) => [
      String(exitCode[name]),
      exitMeanings[name],
      codesWith(exitCode[name])
        .map((id) => `[${id}](troubleshooting.md#${id.toLowerCase()})`)
        .join(', '),
    ]),
  );
}

function isExitName(name: string): name is keyof typeof exitCode {
  return name in exitCode;
}

function codesWith(exit: number): string[] {
  return Object.entries(errorCodes)
    .filter(([, entry]) => entry.exit === exit)
    .map(([id]) => id);
}

function sampleError(): VdpaError {
  const id: ErrorCode = 'VDPA-DEPLOY-001';
  return new VdpaError(id, 'nothing is deployed', {
    where: '/run/vdpactl',
    next: 'run: vdpactl deploy --provider local',
  });
}
