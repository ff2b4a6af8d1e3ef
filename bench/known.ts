import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadReport } from 'vitest-arazzo/engine'
import type { Distribution } from './distributions.ts'
import type { Begin, Served } from './known-server.ts'
import { targetCore } from './target.ts'

/** One request to the known server. */
export const ask = `${fileURLToPath(new URL('../documents/answer.arazzo.yaml', import.meta.url))}#ask`

export interface KnownServer {
  origin: string
  child: ChildProcess
  /** Forgets what it served, and draws from this distribution. */
  begin(distribution: Distribution, seed?: number): void
  /** What it served since. */
  served(): Promise<Served>
}

/** Starts the known server pinned to the target's core; ends with this process. */
export async function startKnownServer(): Promise<KnownServer> {
  const script = fileURLToPath(new URL('./known-server.js', import.meta.url))
  // At normal priority, whatever its parent's: it never sleeps, and would stop its core.
  const command = ['-o', '0', 'taskset', '-c', targetCore, process.execPath]
  // Helper threads of V8 would take its core from it, which its own clock does not see.
  const child = spawn('chrt', [...command, '--single-threaded', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  process.once('exit', () => child.kill('SIGKILL'))
  const [port] = (await once(child, 'message')) as [number]
  return {
    origin: `http://127.0.0.1:${port}`,
    child,
    begin: (distribution, seed = 1) => child.send({ distribution, seed } satisfies Begin),
    async served() {
      child.send('end')
      const [served] = (await once(child, 'message')) as [Served]
      return served
    },
  }
}

/** Those that came in within the measured window of a report, in the order in which they came; in milliseconds. */
export function inWindow({ at, took, lay }: Served, { startedAt, warmUp, measured }: LoadReport) {
  const from = Date.parse(startedAt) + warmUp
  const numbers = Array.from(at.keys()).filter(n => at[n]! >= from && at[n]! < from + measured)
  return {
    at: numbers.map(n => at[n]! - from),
    took: numbers.map(n => took[n]!),
    /** At most, with what it can have lain in the socket before the server read it. */
    tookAtMost: numbers.map(n => took[n]! + lay[n]!),
  }
}

/** The value of rank `ceil(q * n)`, as `percentileOf` reads a summary; `sorted` ascends. */
export const rankOf = (sorted: ArrayLike<number>, q: number): number =>
  sorted[Math.max(0, Math.ceil(q * sorted.length - 1e-9) - 1)]!

export const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b)
