import { styleText } from 'node:util'
import type { Vitest } from 'vitest/node'
import { sessionOf } from '../coordinator/session.ts'
import { describeExit, type Exit } from './exit.ts'
import { quotedLines } from './output-tail.ts'
import type { RunningServer } from './start.ts'

/** Loud: whoever forgot about that application tests something else than what is in the repository. */
export function reuseNotice({ url, pid }: Pick<RunningServer, 'url' | 'pid'>): string[] {
  return [
    `${reused({ url, pid })}: nothing was started, and it may be out of date.`,
    'To have it refused, set "reuseExisting: false"; to never meet one, write {port} in "url" and "command".',
  ]
}

/** Notice as loud: whoever changed a source file sees results of what ran before. */
export function notRestartedNotice(why: string, server: Pick<RunningServer, 'url' | 'pid'>): string[] {
  return [
    `${reused(server)}, so it is not restarted (${why}): what is tested may be out of date.`,
    'Restart it yourself, or end it and start Vitest anew, which then starts an application of its own.',
  ]
}

export function endNotice({ url, output }: RunningServer, exit: Exit): string[] {
  return [`The application at ${url} ${describeExit(exit)}, though nobody asked it to.`, ...quotedLines(output())]
}

export function restartFailedNotice(why: string): string[] {
  return [
    `The application could not be restarted (${why}): the tests that use it fail until it can be.`,
    'It is tried again with the next change.',
  ]
}

export function writtenFileNotice(file: string): string[] {
  return [
    `${file} changes with every run, as if the application or a test wrote it. It restarts nothing while tests run.`,
    `To leave it out for good, write server: { watch: ['src/**', '!${file}'] } with the folders of your sources.`,
  ]
}

/** Writes to standard error, since standard output may be a reporter's JSON. */
export function tell(vitest: Vitest, [first, ...rest]: string[], color: 'yellow' | 'red' | 'green'): void {
  const stream = vitest.logger.errorStream
  const isPainted = 'isTTY' in stream && stream.isTTY && process.env.NO_COLOR === undefined
  const head = isPainted ? styleText([color, 'inverse'], ` ${first} `) : first
  stream.write(sessionOf(vitest).secrets.mask(`\n${[head, ...rest].join('\n')}\n\n`))
}

function reused({ url, pid }: Pick<RunningServer, 'url' | 'pid'>): string {
  const who = pid === undefined ? 'An application' : `Process ${pid}`
  return `${who} already responds at ${url} and is REUSED`
}
