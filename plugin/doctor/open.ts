import { shortPath } from '../../src/ground/errors.ts'
import { asUserError } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import type { Application } from '../../src/report/diagnosis.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { openApplication } from './application.ts'
import { readConfiguration } from './configuration.ts'
import { inEnvironmentOf } from './environment.ts'

/**
 * Starts the application of the project that runs a document, else of the first project with one. Throws if it does not
 * start.
 *
 * @param root the folder with the configuration.
 */
export async function openFor(document: string, root: string): Promise<Application | undefined> {
  const { projects } = await readConfiguration(root, undefined)
  const able = projects.filter(({ options: { server, servers } }) => (server ?? servers) !== undefined)
  const project = able.find(({ documents }) => documents.includes(document)) ?? able[0]
  if (project === undefined || project.fault !== undefined) return undefined
  const secrets = new Secrets()
  addSecretsOf(project.options, secrets, project.files)
  const { servers, running, limitations, stop } = await inEnvironmentOf(project, () =>
    openApplication(project, false, secrets),
  )
  const [fault] = limitations
  if (fault !== undefined) {
    await stop()
    throw asUserError(new Error(fault.message))
  }
  const [only] = running.length === 1 ? running : []
  const addresses = new Set(typeof servers === 'string' ? [servers] : Object.values(servers ?? {}))
  for (const { origin } of addresses.size > 0 ? [] : running) addresses.add(origin)
  return given<Application>({
    servers,
    words: `${[...addresses].join(', ')}, from ${shortPath(project.configFile ?? root)}`,
    pid: only?.pid,
    stop,
  })
}
