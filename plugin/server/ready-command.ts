import type { Milliseconds } from '../../src/ground/units.ts'
import type { Address } from './address.ts'
import type { AskOutcome } from './ask.ts'
import { describeExit } from './exit.ts'
import type { ResolvedServerOptions } from './options.ts'
import { lastLines } from './output-tail.ts'
import { supervise } from './supervised.ts'

/**
 * Runs the command that says whether an application is ready, once. Nothing of it is left afterwards. Never rejects.
 *
 * @param signal ends it.
 */
export async function runReadyCommand(
  { readyCommand: command = '', env }: Address,
  { cwd }: ResolvedServerOptions,
  timeout: Milliseconds,
  supervisorFile?: string,
  signal?: AbortSignal,
): Promise<AskOutcome> {
  const limit = AbortSignal.timeout(Math.ceil(timeout))
  const over = signal === undefined ? limit : AbortSignal.any([limit, signal])
  try {
    const run = await supervise({ command, cwd, env, grace: 0 }, supervisorFile)
    const stop = () => void run.stop(0)
    if (over.aborted) stop()
    else over.addEventListener('abort', stop, { once: true })
    const exit = await run.ended
    over.removeEventListener('abort', stop)
    if (exit.code === 0) return { kind: 'ready' }
    const how = over.aborted ? 'did not end' : describeExit(exit)
    const [line] = lastLines(run.output(), 1)
    return { kind: 'not ready', found: line === undefined ? `it ${how}` : `it ${how} and wrote "${line.trim()}"` }
  } catch (error) {
    return { kind: 'not ready', found: `it could not be run (${(error as Error).message})` }
  }
}
