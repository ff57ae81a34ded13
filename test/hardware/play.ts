// SPDX-License-Identifier: Apache-2.0
// Boots one machine of the hardware lab with the command line in it, says how to get in, and ends it on Ctrl-C:
//
//   npx tsx test/hardware/play.ts MACHINE
import { bootGuest } from './helpers/guest.ts';
import { installCli } from './helpers/install-cli.ts';
import { labImage } from './helpers/lab-image.ts';
import { machines } from './machines.ts';

const machine = machines.find(({ name }) => name === process.argv[2]);
if (machine === undefined) {
  process.stderr.write(`usage: play.ts ${machines.map(({ name }) => name).join('|')}\n`);
  process.exit(2);
}
const image = await labImage();
if ('missing' in image) throw new Error(image.missing);
const guest = await bootGuest(machine, image.built);
process.once('SIGINT', () => void guest.stop().then(() => process.exit(130)));
process.once('SIGTERM', () => void guest.stop().then(() => process.exit(143)));
await installCli(guest);
process.stdout.write(
  `${machine.name} runs: ${guest.connect}\n  node /opt/vdpactl/bin/vdpactl.js detect\nCtrl-C ends it\n`,
);
