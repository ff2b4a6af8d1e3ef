import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Where benchmarks run: the target on one core, the generator on the other. */
export const targetCore = '1'
export const generatorCore = '0'

/** Starts a target server pinned to its core; ends with this process. */
export function startTarget(name = 'target-server.js'): Promise<{ origin: string; child: ChildProcess }> {
  return startServer(name, [], ['taskset', '-c', targetCore])
}

/** Starts a server of this folder, which prints its port; ends with this process. `pin` goes before its command. */
export async function startServer(
  name: string,
  args: readonly string[],
  pin: readonly string[] = [],
): Promise<{ origin: string; child: ChildProcess }> {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url))
  const [command, ...rest] = [...pin, process.execPath, script, '0', ...args] as [string, ...string[]]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill())
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { origin: `http://127.0.0.1:${line.replace(/\D+/, '')}`, child }
}

/** Runs this script again, pinned to the generator's core, unless that has been done. */
export async function pinToGeneratorCore({ flags = [], before = [] }: Again = {}): Promise<void> {
  if (process.env.BENCH_PINNED) return
  const pinned = ['taskset', '-c', generatorCore, process.execPath, ...flags, ...process.argv.slice(1)]
  const [command, ...rest] = [...before, ...pinned] as [string, ...string[]]
  const child = spawn(command, rest, { stdio: 'inherit', env: { ...process.env, BENCH_PINNED: '1' } })
  const [code] = await once(child, 'exit')
  process.exit(code ?? 1)
}

export interface Again {
  /** Of Node. */
  flags?: readonly string[]
  /** What goes before its command. */
  before?: readonly string[]
}

/**
 * Goes before the command of what nothing else may take the core from; empty where that is not permitted. A pinned core
 * is not a quiet one: of 10,000 wake-ups of a bare C program, 1 to 14 came more than 2 ms late for the kernel's own
 * threads, and at real-time priority none more than 0.5 ms.
 */
export const atRealTime = (): string[] =>
  spawnSync('chrt', ['-f', '1', 'true']).status === 0 ? ['chrt', '-f', '1'] : []

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
