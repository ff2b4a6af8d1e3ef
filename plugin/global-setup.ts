import { styleText } from 'node:util'
import type { TestProject } from 'vitest/node'
import { checkInherited } from './claim.ts'
import { sessionOf } from './coordinator/session.ts'
import { leaseServer } from './server/lease.ts'
import { lastLines } from './server/output-tail.ts'
import type { RunningServer } from './server/start.ts'

/**
 * Vitest's global setup of a project: starts the application under test, and returns how to end it. In the root
 * configuration it sees first that the plugin has come to one of the projects.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.isRootProject()) checkInherited(project.vitest)
  const session = sessionOf(project.vitest)
  const options = session.servers.get(project.name)
  if (options === undefined || isListing()) return undefined

  const { server, isFirst, end } = await leaseServer(session, options)
  const { origin, url, pid, probe } = server
  project.provide('vitest-arazzo:app', { origin, url, pid, ...(probe !== undefined && { probe }) })
  if (!isFirst) return end
  if (server.reused) tell(project, reuseNotice(server), 'yellow')
  let isEnding = false
  server.ended.then(exit => {
    if (!isEnding) tell(project, endNotice(server, exit.signal ?? `code ${exit.code}`), 'red')
  })
  return () => {
    isEnding = true
    return end()
  }
}

/** `vitest list` of Vitest 4 runs the global setup, though never a test. An editor that lists may run tests later. */
function isListing(): boolean {
  return process.argv.slice(2).find(word => !word.startsWith('-')) === 'list'
}

/** Loud: whoever forgot about that application tests something else than what is in the repository. */
function reuseNotice({ url, pid }: RunningServer): string[] {
  const who = pid === undefined ? 'An application' : `Process ${pid}`
  return [
    `${who} already answers at ${url} and is REUSED: nothing was started, and it may be out of date.`,
    'To have it refused, set "reuseExisting: false"; to never meet one, write {port} in "url" and "command".',
  ]
}

function endNotice({ url, output }: RunningServer, how: string): string[] {
  const lines = lastLines(output(), 20).map(line => `  | ${line}`)
  return [`The application at ${url} ended with ${how}, though nobody asked it to.`, ...lines]
}

/** On standard error, since standard output may be a reporter's JSON. */
function tell(project: TestProject, [first, ...rest]: string[], color: 'yellow' | 'red'): void {
  const stream = project.vitest.logger.errorStream
  const isPainted = 'isTTY' in stream && stream.isTTY && process.env.NO_COLOR === undefined
  const head = isPainted ? styleText([color, 'inverse'], ` ${first} `) : first
  stream.write(`\n${[head, ...rest].join('\n')}\n\n`)
}
