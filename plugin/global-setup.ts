import type { TestProject } from 'vitest/node'
import { checkInherited } from './claim.ts'
import { joinApplication, leaveApplication } from './server/application.ts'
import { serversOf } from './server/servers.ts'
import { restartsOf } from './watch/watching.ts'

/**
 * Vitest's global setup of a project: starts the application under test, and returns how to end it. One that cannot be
 * started ends the run; in watch mode the tests that use it fail instead, since the next change may mend it. In the
 * root configuration it sees first that the plugin has come to one of the projects.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.isRootProject()) checkInherited(project.vitest)
  const options = serversOf(project.vitest).options.get(project.name)
  if (options === undefined || isListing()) return undefined
  const application = await joinApplication(project, options)
  restartsOf(project.vitest)?.watch(application)
  return () => leaveApplication(project, application)
}

/** `vitest list` of Vitest 4 runs the global setup, though never a test. An editor that lists may run tests later. */
function isListing(): boolean {
  return process.argv.slice(2).find(word => !word.startsWith('-')) === 'list'
}
