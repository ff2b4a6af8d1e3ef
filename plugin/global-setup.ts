import type { TestProject } from 'vitest/node'
import type { Milliseconds } from '../src/ground/units.ts'
import { checkInherited } from './claim.ts'
import { sessionOf } from './coordinator/server.ts'
import { Applications } from './server/applications.ts'
import { isListing } from './server/listing.ts'
import { serversOf } from './server/servers.ts'
import type { ApplicationPlan } from './server/several.ts'
import { watchingOf } from './watch/restarts.ts'

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
  const { applications, start } = joinApplications(project, plans)
  const { environment, runner, sequence } = project.config
  const runsEarlyCode = environment !== 'node' || runner !== undefined || sequence.setupFiles === 'parallel'
  // Workers may begin meanwhile, and their test files wait, unless other code may need an application before.
  if (project.vitest.config.watch || project.vitest.projects.length > 1 || runsEarlyCode) await start
  else {
    project.provide('vitest-arazzo:failure', [])
    project.provide('vitest-arazzo:applications', [])
    const coordinator = await sessionOf(project.vitest).coordinator
    coordinator!.starts.set(project.name, start)
  }
  watchingOf(project.vitest).restarts?.watch(applications)
  return () => leaveApplications(project, applications)
}

/**
 * The applications that a project's options mean, and their start; the same for all projects that mean the same. Of
 * those that could not be started each project knows why: its documents and load tests fail by it.
 */
function joinApplications(project: TestProject, plans: readonly ApplicationPlan[]) {
  const { applications } = serversOf(project.vitest)
  const key = JSON.stringify(plans.map(({ options: { watch: _, ...meant }, ...plan }) => ({ ...plan, meant })))
  const joined = applications.get(key) ?? new Applications(plans)
  applications.set(key, joined)
  const { secrets, logs } = sessionOf(project.vitest)
  const logOf = (name: string | undefined, since: Milliseconds) =>
    secrets.mask(joined.named(name)?.server?.output(since) ?? '')
  logs.set(project.name, logOf)
  return { applications: joined, start: joined.join(project, plans) }
}

/** Ends applications when the last of their projects leaves them. */
async function leaveApplications(project: TestProject, joined: Applications): Promise<void> {
  if (!(await joined.leave(project))) return
  const { applications } = serversOf(project.vitest)
  for (const [key, known] of applications) if (known === joined) applications.delete(key)
}
