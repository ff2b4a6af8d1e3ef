import { capitalized } from '../ground/words.ts'
import type { Command } from './command.ts'

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

export function helpOf({ usage, text, flags }: Command): string {
  const rows = Object.entries(flags).map(([name, flag]): [string, string] => [
    `--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    flag.text + (flag.isList ? '; can be repeated' : ''),
  ])
  return [`Usage: ${NAME} ${usage}`, '', `${capitalized(text)}.`, '', ...columns(rows)].join('\n')
}

function columns(rows: readonly [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}
