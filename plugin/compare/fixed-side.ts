import type { Launch, Side } from '../../src/compare/pair.ts'
import { given } from '../../src/ground/given.ts'
import { tried } from '../../src/ground/tried.ts'
import { askOnce, describeOutcome, isReady } from '../server/ask.ts'
import { occupantOf } from '../server/occupant.ts'
import { serversAt } from '../server/servers-for.ts'
import { notCompared } from './errors.ts'
import type { BaseSource } from './options.ts'
import type { CompareSettings } from './settings.ts'

/** A base that runs already: each launch of it is the same one, and nobody's to end. */
export async function fixedSide(
  { url, pid = listenerAt(url) }: Extract<BaseSource, { from: 'url' }>,
  { servers }: CompareSettings,
): Promise<Side> {
  const { origin, pathname } = new URL(url)
  const outcome = await askOnce(url, 10_000)
  if (!isReady(outcome))
    throw notCompared(
      `base is to run at ${origin}${pathname} already, but ${describeOutcome(outcome)}`,
      'Start it before Vitest, or have it started: compare: { command, cwd }.',
    )
  if (pid !== undefined && tried(() => process.kill(pid, 0)) === undefined)
    throw notCompared(`there is no process ${pid} of this user, which is to be base`, 'Correct "pid", or leave it out.')
  const launch: Launch = given({ servers: serversAt(servers, origin), pid, stop: async () => {} })
  return { isFixed: true, launch: async () => launch }
}

/** Who listens at a URL of this machine. */
function listenerAt(url: string): number | undefined {
  const { hostname, port, protocol } = new URL(url)
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return undefined
  return occupantOf(port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))?.pid
}
