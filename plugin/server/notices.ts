import { styleText } from 'node:util'
import type { Vitest } from 'vitest/node'
import { plainLines } from '../../src/ground/plain.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { lowered, quoted } from '../../src/ground/words.ts'
import { sessionOf } from '../coordinator/server.ts'
import { describeExit, type Exit, quotedLines } from './output-tail.ts'
import type { RunningServer } from './start.ts'

/** Highlighted, because a forgotten application means that other code than the repository's is tested. */
export function reuseNotice({ url, pid }: Pick<RunningServer, 'url' | 'pid'>): string[] {
  return [
    `${reused({ url, pid })}: nothing was started, and it may be out of date.`,
    'To have it refused, set "reuseExisting: false"; to never meet one, write {port} in "url" and "command".',
  ]
}

/** Highlighted, because a change of a source file has no effect on the results. */
export function notRestartedNotice(why: string, server: Pick<RunningServer, 'url' | 'pid'>): string[] {
  return [
    `${reused(server)}, so it is not restarted (${why}): what is tested may be out of date.`,
    'Restart it yourself, or end it and start Vitest anew, which then starts an application of its own.',
  ]
}

export function endNotice({ url, output }: RunningServer, exit: Exit, name?: string): string[] {
  const head = `${whatIs(name)} at ${url} ${describeExit(exit)}, without a request to stop.`
  return [head, ...quotedLines(output()), ...leftNotice(exit, name)]
}

/** Says what of an application did not end with its command; nothing where all did. */
export function leftNotice({ strays = [], remains }: Pick<Exit, 'strays' | 'remains'>, name?: string): string[] {
  const ended = `${whatIs(name)} left processes behind, which were ended: ${strays.join(', ')}.`
  const taken = `The port of ${lowered(whatIs(name))} is still taken by ${remains}, which was not ended.`
  return [...(strays.length > 0 ? [ended] : []), ...(remains === undefined ? [] : [taken])]
}

/** @param project its name; empty for the only one. */
export function leftOut(filters: readonly string[], project: string): string {
  const whose = project === '' ? '' : ` of project "${project}"`
  return `The application${whose} was not started: its documents have no test for --tags-filter ${quoted(filters)}.`
}

export const sweptNotice = (names: readonly string[]): string[] => [
  `An earlier run was killed and left processes of its application, which were ended: ${names.join(', ')}.`,
]

/** `The application "db"`. */
const whatIs = (name: string | undefined) => (name === undefined ? 'The application' : `The application "${name}"`)

/** @param names of restarted applications; empty for a single one without a name. */
export function restartedNotice(why: string, names: readonly string[], took: Milliseconds): string[] {
  const seconds = (took / 1000).toFixed(1)
  const who = names.length > 1 ? `The applications ${quoted(names)} were` : `${whatIs(names[0])} was`
  return [`${who} restarted (${why}), which took ${seconds} s.`]
}

export function restartFailedNotice(why: string, names: readonly string[] = []): string[] {
  if (names.length > 1)
    return [
      `The applications ${quoted(names)} could not be restarted (${why}): the tests that use them fail until they are.`,
      'They are tried again with the next change.',
    ]
  return [
    `${whatIs(names[0])} could not be restarted (${why}): the tests that use it fail until it can be.`,
    'It is tried again with the next change.',
  ]
}

export function writtenFileNotice(file: string): string[] {
  return [
    `${file} changes with every run, as if the application or a test wrote it. It restarts nothing while tests run.`,
    `To leave it out permanently, write server: { watch: ['src/**', '!${file}'] } with the folders of your sources.`,
  ]
}

/** Writes to standard error, since standard output may be a reporter's JSON. */
export function printNotice(vitest: Vitest, lines: string[], color: 'yellow' | 'red' | 'green'): void {
  const [first = '', ...rest] = lines.map(plainLines)
  const stream = vitest.logger.errorStream
  const isPainted = 'isTTY' in stream && stream.isTTY && process.env.NO_COLOR === undefined
  const head = isPainted ? styleText([color, 'inverse'], ` ${first} `) : first
  stream.write(sessionOf(vitest).secrets.mask(`\n${[head, ...rest].join('\n')}\n\n`))
}

function reused({ url, pid }: Pick<RunningServer, 'url' | 'pid'>): string {
  const who = pid === undefined ? 'An application' : `Process ${pid}`
  return `${who} already responds at ${url} and is REUSED`
}
