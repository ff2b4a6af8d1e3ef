import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const suites = fileURLToPath(new URL('../../../fixtures/suites', import.meta.url))
const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))

export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Starts Vitest on one of the projects below fixtures/suites, as a shell without a terminal would. */
export function startVitest(
  suite: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
): { process: ChildProcess; finished: Promise<Finished>; output: () => string } {
  // What the Vitest that runs this test has set is not for the one that it starts.
  const {
    VITEST: _,
    VITEST_MODE: __,
    VITEST_POOL_ID: ___,
    VITEST_WORKER_ID: ____,
    CI: _____,
    ...rest
  } = process.env
  const [command, ...options] = args
  const child = spawn(process.execPath, [vitest, command!, '--root', suite, ...options], {
    cwd: suites,
    env: { ...rest, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const seen = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      seen[name] += text
    })
  const finished = once(child, 'close').then(([code, signal]) => ({ code, signal, ...seen }))
  return { process: child, finished, output: () => seen.stdout + seen.stderr }
}

export function runVitest(...args: Parameters<typeof startVitest>): Promise<Finished> {
  return startVitest(...args).finished
}
