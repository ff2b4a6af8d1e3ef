import { capitalized } from '../ground/words.ts'
import { terminalWidth, wrap } from '../report/text.ts'
import type { Command, FlagTable } from './flags.ts'

const NAME = 'vitest-arazzo'

/** @param columns at which texts are wrapped, between words. */
export function overview(commands: readonly Command[], columns = terminalWidth()): string {
  const rows = commands.map(({ usage, text }): [string, string] => [usage, text])
  return [
    `Usage: ${NAME} <command> [flags]`,
    '',
    ...aligned(rows, columns),
    '',
    `\`${NAME} <command> --help\` lists the flags of a command.`,
    'Exit codes: 0 passed, 1 failed, 2 misuse or a faulty document, 3 inconclusive.',
  ].join('\n')
}

/** @param columns as of `overview`. */
export function helpOf(
  { usage, text, flags, groups = { '': flags }, examples = [] }: Command,
  columns = terminalWidth(),
): string {
  const rows = Object.values(groups).map(rowsOf)
  const width = widthOf(rows.flat())
  const titled = Object.keys(groups).map((title, i) => [
    ...(title === '' ? [] : [title]),
    ...aligned(rows[i]!, columns, width),
  ])
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

/** Columns that a text has at least, however narrow the terminal is. */
const LEAST = 24

function aligned(rows: readonly [string, string][], columns: number, width = widthOf(rows)): string[] {
  const room = Math.max(LEAST, columns - width - 4)
  return rows.flatMap(([left, right]) =>
    wrap(right, room).map((line, i) => `  ${(i === 0 ? left : '').padEnd(width)}  ${line}`),
  )
}
