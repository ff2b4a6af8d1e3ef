import type { TestProject } from 'vitest/node'
import { checkInherited } from './claim.ts'
import { joinApplications, leaveApplications } from './server/applications.ts'
import { isListing } from './server/listing.ts'
import { serversOf } from './server/servers.ts'
import { restartsOf } from './watch/restarts.ts'

/**
 * Vitest's global setup of a project: starts the applications under test, and returns how to end them. Where one cannot
 * be started the tests that use them fail. In the root configuration it sees first that the plugin has come to one of
 * the projects.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (project.isRootProject()) checkInherited(project.vitest)
  const plans = serversOf(project.vitest).plans.get(project.name)
  // Vitest 4 runs the global setup for `vitest list` as well.
  if (plans === undefined || (await isListing())) return undefined
  const applications = await joinApplications(project, plans)
  restartsOf(project.vitest)?.watch(applications)
  return () => leaveApplications(project, applications)
}
