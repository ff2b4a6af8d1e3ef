import { helpOf, overview } from '../../src/cli/help.ts'
import { commands } from '../../src/cli/main.ts'

/** Columns of the help texts. */
const COLUMNS = 98

/** docs/reference/command-line.md: what `--help` prints of each command. */
export async function commandLine(): Promise<string> {
  const all = await Promise.all(Object.entries(commands).map(async ([name, open]) => ({ name, command: await open() })))
  const block = (text: string) => ['```', text, '```']
  const lines = [
    '# Command line',
    '',
    'Output of `npx vitest-arazzo --help`, and of `--help` of each command; `npm run reference` writes',
    'this page. Paths are relative to the folder in which the command is called.',
    '',
    ...block(
      overview(
        all.map(({ command }) => command),
        COLUMNS,
      ),
    ),
    ...all.flatMap(({ name, command }) => ['', `## ${name}`, '', ...block(helpOf(command, COLUMNS))]),
  ]
  return `${lines.join('\n')}\n`
}
