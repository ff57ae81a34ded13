// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { addConfigOption, addRunDirOption, examples, withContext } from './command.ts';
import { type ConfigOptions, loadRequest } from './load.ts';
import { addStackOptions } from './options.ts';

interface CheckOptions extends ConfigOptions {
  readonly runDir: string;
  readonly only?: string[];
  readonly skip?: string[];
  readonly ignore?: string[];
  readonly threshold: 'warn' | 'fail';
}

const collect = (value: string, before: string[] = []): string[] => [...before, ...value.split(',')];

export function checkCommand(): Command {
  const command = new Command('check')
    .summary('check whether this machine is ready')
    .description(
      'Checks what deploy and bench need and says for each what was found, what is needed, and what to do. Exits 1 when a check is at or above the threshold.',
    )
    .option('--only <ids>', 'run these checks only', collect)
    .option('--skip <ids>', 'leave these checks out', collect)
    .option('--ignore <ids>', 'count failures of these as warnings', collect)
    .addOption(
      new Option('--threshold <level>', 'what makes the command exit 1').choices(['warn', 'fail']).default('fail'),
    )
    .addHelpText(
      'after',
      examples([
        ['Is this machine ready?', 'vdpactl check'],
        ['Only the huge pages, for a script', 'vdpactl check --only VDPA-HUGE-001 -o json'],
        ['A machine for measuring must have no warning either', 'vdpactl check --threshold warn'],
      ]),
    )
    .action(
      withContext<CheckOptions>(async (context, options) => {
        const request = await loadRequest(context, options);
        const [{ planStack }, { gatherFacts }, { runChecks }, { runDir }] = await Promise.all([
          import('../local/plan-stack.ts'),
          import('../local/gather-facts.ts'),
          import('../check/run-checks.ts'),
          import('../../dataplane/contract/run-dir.ts'),
        ]);
        const { schemaVersion } = await import('../schema-version.ts');
        const facts = gatherFacts(runDir(request.runDir), await planStack(request), request.config, request.env);
        const rows = runChecks(facts, options);
        const levels = options.threshold === 'warn' ? ['warn', 'fail'] : ['fail'];
        if (rows.some((row) => levels.includes(row.level))) context.setExitCode(1);
        await context.emit({ schemaVersion, checks: rows }, async () => {
          const { checkText } = await import('../output/check-text.ts');
          return checkText(rows);
        });
      }),
    );
  return addStackOptions(addConfigOption(addRunDirOption(command)));
}
