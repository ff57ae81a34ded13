// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { addConfigOption, addRunDirOption, examples, integerBetween, numberBetween, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';

interface BenchOptions extends ConfigOptions {
  readonly runDir: string;
  readonly workload?: 'l3fwd';
  readonly trials?: number;
  readonly duration?: number;
  readonly warmup?: number;
  readonly frameSize?: number;
  readonly minRate?: number;
  readonly device?: string;
  readonly generatorInterface?: string;
  readonly report?: string;
}

export function benchCommand(): Command {
  const command = new Command('bench')
    .summary('run the workload and measure it')
    .description(
      'Runs the unchanged workload on the deployed stack, drives it with a traffic generator, and prints what was forwarded, with every condition the number holds for. Writes report.json and report.html. Exits 1 when nothing came back or the goal was missed.',
    )
    .addOption(new Option('--workload <name>', 'what to run').choices(['l3fwd']))
    .addOption(new Option('--trials <n>', 'timed trials').argParser(integerBetween(1, 100)))
    .addOption(new Option('--duration <seconds>', 'length of a trial').argParser(numberBetween(0.2, 600)))
    .addOption(
      new Option('--warmup <seconds>', 'length of the trial that is not counted').argParser(numberBetween(0, 60)),
    )
    .addOption(
      new Option('--frame-size <bytes>', 'Ethernet frame with its check sequence').argParser(integerBetween(64, 1518)),
    )
    .addOption(
      new Option('--min-rate <pps>', 'goal for the median, packets per second').argParser(numberBetween(0, 1e12)),
    )
    .option('--device <id>', 'the device to measure (default: the first that is free)')
    .option('--generator-interface <name>', 'wire af_packet: the interface at the other end')
    .option('--report <dir>', 'folder for the report (default: vdpactl-reports/<time>)')
    .addHelpText(
      'after',
      examples([
        ['Measure', 'vdpactl bench --workload l3fwd'],
        ['A goal for CI: exit 1 below 100,000 packets/s', 'vdpactl bench --min-rate 100000'],
        ['Quickly, as data', 'vdpactl bench --trials 3 --duration 1 -o json | jq .summary.median'],
      ]),
    )
    .action(
      withContext<BenchOptions>(async (context, options) => {
        const { config, set } = await loadCommandConfig(context, options, {
          workload: options.workload,
          trials: options.trials,
          durationSeconds: options.duration,
          warmupSeconds: options.warmup,
          frameSize: options.frameSize,
          minRate: options.minRate,
        });
        const [{ requireRoot }, { runBench }, { makeReportFolder, writeReport }, { resolve }] = await Promise.all([
          import('../local/require-root.ts'),
          import('../bench/run-bench.ts'),
          import('../bench/report/write-report.ts'),
          import('node:path'),
        ]);
        requireRoot();
        const folder = makeReportFolder(context.cwd, options.report ?? null, new Date());
        const report = await runBench({
          runDir: resolve(context.cwd, options.runDir),
          config,
          set,
          env: context.env,
          device: options.device ?? null,
          generatorInterface: options.generatorInterface ?? null,
          progress: context.progress,
          signal: context.signal,
        }).catch((error: unknown) => {
          folder.discard();
          throw error;
        });
        const files = writeReport(folder.path, report);
        context.progress.done();
        if (report.goal?.met === false) {
          context.progress.warn(`the goal was missed: median below ${report.goal.minRate} packets/s`);
          context.setExitCode(1);
        }
        await context.emit(report, async () => {
          const { benchText } = await import('../output/bench-text.ts');
          return `${benchText(report)}\nreport: ${files.html}\n        ${files.json}\n`;
        });
      }),
    );
  return addConfigOption(addRunDirOption(command));
}
