import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runInResident } from '../suites/resident.ts'

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
  const [command, ...options] = args
  const child = spawn(process.execPath, [vitest, command!, '--root', suite, ...options], {
    cwd: suites,
    env: { ...plainEnvironment(), NO_COLOR: '1', ...env },
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

/** The same in a process that may have run Vitest before: for what is not about how a process begins or ends. */
export async function runVitestAgain(
  suite: string,
  [command, ...options]: readonly string[],
  env: Record<string, string>,
): Promise<Omit<Finished, 'signal'>> {
  const args = [command!, '--root', suite, ...options]
  const { exitCode, stdout, stderr } = await runInResident({ folder: suites, args, env })
  return { code: exitCode, stdout, stderr }
}

/** What the Vitest that runs this test has set is not for the one that it starts, and nor is this being CI. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { VITEST, VITEST_MODE, VITEST_POOL_ID, VITEST_WORKER_ID, TEST, CI, GITHUB_ACTIONS, ...rest } = process.env
  return rest
}

/** Runs Vitest in a terminal of 120 columns, and gives all that was drawn there. */
export async function terminalFor(
  suite: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<{ code: number | null; drawn: string }> {
  const words = [process.execPath, vitest, args[0]!, '--root', suite, ...args.slice(1)]
  const command = `stty cols 120 rows 40; ${words.map(word => `'${word}'`).join(' ')}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: suites,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let drawn = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    drawn += text
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, drawn: drawn.replaceAll('\r\n', '\n') }
}
