import { type ChildProcess, spawn } from 'node:child_process'
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
export async function pinToGeneratorCore(...flags: string[]): Promise<void> {
  if (process.env.BENCH_PINNED) return
  const child = spawn(
    'taskset',
    ['-c', generatorCore, process.execPath, ...flags, ...process.argv.slice(1)],
    {
      stdio: 'inherit',
      env: { ...process.env, BENCH_PINNED: '1' },
    },
  )
  const [code] = await once(child, 'exit')
  process.exit(code ?? 1)
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
