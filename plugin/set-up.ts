import '../src/ground/timers.ts'
import { afterAll, beforeEach, expect, inject } from 'vitest'
import { setEnvironmentFiles } from '../src/ground/environment.ts'
import { setKnownApplications } from '../src/load/applications.ts'
import { client, reachedOut, watchReach } from './coordinator/client.ts'
import { isDocument } from './files.ts'
import { setImporter } from './runtime/import-module.ts'
import { applicationsHere, knownSettings, startError } from './runtime/settings.ts'
import { sharedSides } from './runtime/shared-sides.ts'

/**
 * Makes the test file of this worker that is imported next known, and waits until it may run. It waits here, rather
 * than in a hook, because no timeout applies here: a test file may have to wait as long as a load test takes.
 *
 * Timers are loaded first: see their module.
 */
export async function setUp(importer: Parameters<typeof setImporter>[0]): Promise<void> {
  setImporter(importer)
  const file = expect.getState().testPath ?? ''
  const isWatched = knownSettings()?.server?.isWatched
  if (isWatched) watchReach()
  setEnvironmentFiles(inject('vitest-arazzo:environment'))
  client.registration = {
    coordinator: inject('vitest-arazzo:coordinator'),
    file,
    isWatched,
    isShared: isDocument(file),
  }
  const [started] = await Promise.all([client.enterFile(), import('./matchers/index.ts')])
  // Workers that begin later have these as provided values.
  for (const key of ['applications', 'failure'] as const)
    if (started) Object.assign(inject(`vitest-arazzo:${key}`), started[key])
  setKnownApplications(applicationsHere(), reachedOut)
  // Use of an application cannot be observed while it does not run.
  if (startError() !== undefined) reachedOut()

  // Hooks run in reverse order at the end (`sequence.hooks: 'stack'`), so this comes after the user's.
  afterAll(async () => {
    await sharedSides.close()
    client.leaveFile()
  }, 0)

  // No timeout: a concurrent test may have to wait for a load that its file runs.
  beforeEach(async ({ task }) => {
    await client.testStarts(task.id, task.name)
    return () => client.testEnds(task.id)
  }, 0)
}
