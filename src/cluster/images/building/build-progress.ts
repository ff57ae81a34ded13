// SPDX-License-Identifier: Apache-2.0

/** Longer ones are no use in a line of progress. */
const maxLength = 60;

/** Which step of a Containerfile an engine says that it is at; null: the line says something else. */
export function buildStep(line: string): string | null {
  const [, buildahStage, buildahStep, instruction] =
    /^(?:\[(\d+\/\d+)\] )?STEP (\d+\/\d+): (.*)$/.exec(line.trim()) ?? [];
  if (instruction !== undefined) {
    const stage = buildahStage === undefined ? '' : `stage ${buildahStage}, `;
    return shortened(`${stage}step ${buildahStep}: ${instruction}`);
  }
  const [, stageAndStep, dockerInstruction] = /^#\d+ \[([\w -]+ \d+\/\d+)\] (.*)$/.exec(line.trim()) ?? [];
  return dockerInstruction === undefined ? null : shortened(`${stageAndStep}: ${dockerInstruction}`);
}

function shortened(text: string): string {
  const plain = text.replace(/\s+/g, ' ');
  return plain.length > maxLength ? `${plain.slice(0, maxLength - 1)}…` : plain;
}
