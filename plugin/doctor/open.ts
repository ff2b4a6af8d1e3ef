import { READ_KEYS } from '../../src/document/read-options.ts'
import { shortPath } from '../../src/ground/errors.ts'
import { asUserError } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { pick } from '../../src/ground/object.ts'
import type { Application, Configured } from '../../src/report/diagnosis.ts'
import { CONDUCT } from '../../src/workflow/conduct.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { filesOf } from '../options.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { openApplication } from './application.ts'
import { type DoctorProject, inEnvironmentOf, readConfiguration } from './configuration.ts'

const refused = (message: string) => asUserError(new Error(message))

/**
 * Reads the configuration in a folder. Returns what the project says that runs a document, else the first one with an
 * application, else the first one; undefined without the plugin. Throws for a configuration that cannot be read.
 */
export async function configured(root: string): Promise<(document: string) => Configured | undefined> {
  const { vitest, configFile, projects, limitations } = await readConfiguration(root, undefined)
  // Without Vitest, it is a configuration of Vite alone.
  if (vitest !== undefined && configFile === undefined) throw refused(limitations[0]!.message)
  return document => {
    const able = projects.find(({ options: { server, servers } }) => (server ?? servers) !== undefined)
    const project = projects.find(({ documents }) => documents.includes(document)) ?? able ?? projects[0]
    if (project?.fault !== undefined) throw refused(project.fault)
    return project && configuredBy(project)
  }
}

function configuredBy(project: DoctorProject): Configured {
  const { options, root } = project
  return {
    options: { ...pick(options, [...CONDUCT, ...READ_KEYS, 'inputs', 'transport']), ...filesOf(options, root) },
    within: task => inEnvironmentOf(project, task),
    open: () => openFor(project),
  }
}

/** Starts the application of a project. Throws if it does not start. */
async function openFor(project: DoctorProject): Promise<Application | undefined> {
  const { options, root, configFile, files } = project
  if ((options.server ?? options.servers) === undefined) return undefined
  const secrets = new Secrets()
  addSecretsOf(options, secrets, files)
  const { servers, running, limitations, stop } = await openApplication(project, false, secrets)
  const [fault] = limitations
  if (fault !== undefined) {
    await stop()
    throw refused(fault.message)
  }
  const [only] = running.length === 1 ? running : []
  const addresses = new Set(typeof servers === 'string' ? [servers] : Object.values(servers ?? {}))
  for (const { origin } of addresses.size > 0 ? [] : running) addresses.add(origin)
  return given<Application>({
    servers,
    words: `${[...addresses].join(', ')}, from ${shortPath(configFile ?? root)}`,
    pid: only?.pid,
    stop,
  })
}
