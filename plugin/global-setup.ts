import type { TestProject } from 'vitest/node'
import { checkInherited } from './claim.ts'
import { joinApplication, leaveApplication } from './server/application.ts'
import { isListing } from './server/listing.ts'
import { serversOf } from './server/servers.ts'
import { restartsOf } from './watch/watching.ts'

/**
 * Vitest's global setup of a project: starts the application under test, and returns how to end it. Where one cannot be
 * started the tests that use it fail. In the root configuration it sees first that the plugin has come to one of the
 * projects.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.isRootProject()) checkInherited(project.vitest)
  const options = serversOf(project.vitest).options.get(project.name)
  // Vitest 4 runs the global setup for `vitest list` as well.
  if (options === undefined || isListing()) return undefined
  const application = await joinApplication(project, options)
  restartsOf(project.vitest)?.watch(application)
  return () => leaveApplication(project, application)
}
