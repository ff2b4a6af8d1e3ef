import type { SideName } from '../../src/compare/pair.ts'
import { withoutGit } from '../../src/ground/git.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import { forApplications } from '../server/address.ts'
import { supervise } from '../server/supervised.ts'
import { setupFailed } from './errors.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'

/** How long a setup has to shut down when it is given up. */
const grace: Milliseconds = 2000
/** The most that a timer of Node.js waits; with more it does not wait at all. */
const longest: Milliseconds = 2 ** 31 - 1

/** A command that makes a worktree ready, and how long it may take. */
export interface Setup {
  side: SideName
  command: string
  timeout: Milliseconds
}

/**
 * Runs the command that makes a worktree ready. It is tied to this process by a supervisor, and nothing that it started
 * outlives it. Throws with what it wrote last, also when it takes too long; with the signal's reason when it is given
 * up.
 */
export async function runSetup(
  { side, command: setup, timeout }: Setup,
  cwd: string,
  { environment, room, root }: CompareSettings,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const env = { ...asInShell(environment), [ROOM_VARIABLE]: room, VITEST_ARAZZO_SIDE: side, VITEST_ARAZZO_HEAD: root }
  const command = await supervise({ command: setup, cwd, env, grace }).catch((error: Error) => {
    throw setupFailed(side, setup, error.message, 'Check that a shell can be started here.', '')
  })
  const tooLong = AbortSignal.timeout(Math.min(timeout, longest))
  const over = AbortSignal.any([signal, tooLong])
  const giveUp = () => void command.stop(grace)
  over.addEventListener('abort', giveUp)
  if (over.aborted) giveUp()
  const { code, signal: by } = await command.ended
  over.removeEventListener('abort', giveUp)
  signal.throwIfAborted()
  if (code === 0) return
  if (tooLong.aborted) {
    const advice = "Its output says how far it came; give it more time, say compare: { setupTimeout: '30m' }."
    throw setupFailed(side, setup, `it took longer than ${formatMs(timeout)}`, advice, command.output())
  }
  const how = by === null ? `exited with code ${code}` : `was ended by ${by}`
  const advice = 'Its output says why; "setup" runs in a fresh checkout, in which nothing is installed or built.'
  throw setupFailed(side, setup, `it ${how}`, advice, command.output())
}

/**
 * The environment without what Vitest made of it: a build for `test`, which is the NODE_ENV that Vitest sets, is not
 * the one that head was built with.
 */
function asInShell(environment: CompareSettings['environment']): CompareSettings['environment'] {
  const { NODE_ENV, ...rest } = withoutGit(forApplications(environment))
  return NODE_ENV === undefined || NODE_ENV === 'test' ? rest : { ...rest, NODE_ENV }
}
