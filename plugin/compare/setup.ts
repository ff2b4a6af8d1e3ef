import { withoutGit } from '../../src/compare/base/git.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { forApplications } from '../server/address.ts'
import { supervise } from '../server/supervised.ts'
import { setupFailed } from './errors.ts'
import { ROOM_VARIABLE } from './room.ts'
import type { CompareSettings } from './settings.ts'

/** How long a setup has to shut down when it is given up. */
const grace: Milliseconds = 2000

/**
 * Runs the command that makes a worktree ready. It is tied to this process by a supervisor, and nothing that it started
 * outlives it. Throws with what it wrote last, or with the signal's reason when it is given up.
 */
export async function runSetup(
  setup: string,
  cwd: string,
  { environment, room, root }: CompareSettings,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const env = { ...asInShell(environment), [ROOM_VARIABLE]: room, VITEST_ARAZZO_SIDE: 'base', VITEST_ARAZZO_HEAD: root }
  const command = await supervise({ command: setup, cwd, env, grace }).catch((error: Error) => {
    throw setupFailed(setup, error.message, 'Check that a shell can be started here.', '')
  })
  const giveUp = () => void command.stop(grace)
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  const { code, signal: by } = await command.ended
  signal.removeEventListener('abort', giveUp)
  signal.throwIfAborted()
  if (code === 0) return
  const how = by === null ? `exited with code ${code}` : `was ended by ${by}`
  const advice = 'Its output says why; "setup" runs in a fresh checkout, in which nothing is installed or built.'
  throw setupFailed(setup, `it ${how}`, advice, command.output())
}

/**
 * The environment without what Vitest made of it: a build for `test`, which is the NODE_ENV that Vitest sets, is not
 * the one that head was built with.
 */
function asInShell(environment: CompareSettings['environment']): CompareSettings['environment'] {
  const { NODE_ENV, ...rest } = withoutGit(forApplications(environment))
  return NODE_ENV === undefined || NODE_ENV === 'test' ? rest : { ...rest, NODE_ENV }
}
