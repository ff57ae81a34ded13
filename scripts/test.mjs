#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// All checks and tests of the project, one line a stage. Every stage runs, also after another failed.
import { parseArgs } from 'node:util';
import { addUp, closingLine, stageLine } from './test/outcome.mjs';
import { Interrupted, interrupt } from './test/run-tool.mjs';
import { stages } from './test/stages.mjs';

const usage = `usage: node scripts/test.mjs [--only STAGE]...

Stages: ${stages.map((stage) => stage.name).join(', ')}
`;

function chosenStages() {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true, default: [] }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return null;
  const only = values.only.flatMap((names) => names.split(','));
  const unknown = only.find((name) => !stages.some((stage) => stage.name === name));
  if (unknown !== undefined) throw new Error(`there is no stage ${unknown}`);
  return only.length === 0 ? stages : stages.filter((stage) => only.includes(stage.name));
}

async function runStages(chosen) {
  const outcomes = [];
  for (const stage of chosen) {
    const began = performance.now();
    const outcome = await stage.run();
    outcomes.push(outcome);
    console.log(stageLine(stage.name, outcome, performance.now() - began));
    if (outcome.failed > 0 && outcome.output !== '') console.log(`${outcome.output.trimEnd()}\n`);
  }
  return addUp(outcomes);
}

try {
  const chosen = chosenStages();
  if (chosen === null) {
    process.stdout.write(usage);
  } else {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
    const total = await runStages(chosen);
    console.log(`\n${closingLine(total)}`);
    process.exitCode = total.failed > 0 ? 1 : 0;
  }
} catch (error) {
  if (error instanceof Interrupted) {
    console.error('\ninterrupted');
    process.exitCode = 130;
  } else {
    console.error(`test: ${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}
