import { capitalized } from '../ground/words.ts'
import type { Command } from './command.ts'
import type { FlagTable } from './flags.ts'

const NAME = 'vitest-arazzo'

export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ usage, text }): [string, string] => [usage, text])
  return [
    `Usage: ${NAME} <command> [flags]`,
    '',
    ...columns(rows),
    '',
    `\`${NAME} <command> --help\` lists the flags of a command.`,
    'Exit codes: 0 passed, 1 failed, 2 misuse or a faulty document, 3 inconclusive.',
  ].join('\n')
}

export function helpOf({ usage, text, flags, groups = { '': flags }, examples = [] }: Command): string {
  const rows = Object.values(groups).map(rowsOf)
  const width = widthOf(rows.flat())
  const titled = Object.keys(groups).map((title, i) => [...(title === '' ? [] : [title]), ...columns(rows[i]!, width)])
  const shown = examples.map(example => `  ${NAME} ${example}`)
  const parts = [
    [`Usage: ${NAME} ${usage}`],
    [`${capitalized(text)}.`],
    ...(shown.length > 0 ? [['Examples', ...shown]] : []),
    ...titled,
  ]
  return parts.map(lines => lines.join('\n')).join('\n\n')
}

function rowsOf(flags: FlagTable): [string, string][] {
  return Object.entries(flags).map(([name, flag]) => [
    `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.text + (flag.isList ? '; can be repeated' : ''),
  ])
}

const widthOf = (rows: readonly [string, string][]) => Math.max(...rows.map(([left]) => left.length))

function columns(rows: readonly [string, string][], width = widthOf(rows)): string[] {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
