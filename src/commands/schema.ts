// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { schemaVersion } from '../schema-version.ts';
import { examples, withContext } from './command.ts';

const editorHelp = `
In an editor: write the schema to a file and name it in the first line of vdpactl.yaml,
  # yaml-language-server: $schema=vdpactl.schema.json
`;

export function schemaCommand(): Command {
  return new Command('schema')
    .summary('print the JSON Schema of the config file')
    .description(
      'Prints the JSON Schema (draft 2020-12) of the config file, for editors and other tools that check and complete it. With -o json or yaml the document also says its schemaVersion.',
    )
    .addHelpText('after', examples([['For an editor', 'vdpactl schema > vdpactl.schema.json']]) + editorHelp)
    .action(
      withContext(async (context) => {
        const [{ configJsonSchema }, { toJson }] = await Promise.all([
          import('../config/json-schema.ts'),
          import('../output/document.ts'),
        ]);
        const schema = configJsonSchema();
        await context.emit({ schemaVersion, ...schema }, () => toJson(schema));
      }),
    );
}
