import { failed } from '../../src/ground/fault.ts'
import type { Diagnosis, DiagnosisRequest, Limitation } from '../../src/report/diagnosis.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { openApplication, silentAddresses } from './application.ts'
import { type DoctorProject, inEnvironmentOf, readConfiguration } from './configuration.ts'
import { documentLimitations, readDocument } from './document.ts'

export { configured } from './open.ts'

/** Finds out why documents do not run here, and changes nothing. Throws for nothing that it finds. */
export async function diagnose({ config, files, below, isOffline }: DiagnosisRequest): Promise<Diagnosis> {
  const root = process.cwd()
  const { vitest, configFile, projects, limitations } = await readConfiguration(root, config)
  const run = [...new Set(projects.flatMap(({ documents }) => documents))].sort()
  const documents = files.length > 0 ? files : run.length > 0 ? run : below
  const others = documents.filter(file => !run.includes(file))
  // Without the plugin the documents themselves are read, and no more.
  const none: DoctorProject = { root, options: {}, fault: '', documents: [], env: {} }
  const all = [...limitations]
  for (const [i, project] of (projects.length > 0 ? projects : [none]).entries()) {
    const own = documents.filter(file => project.documents.includes(file))
    const task = () => examine(project, i === 0 ? [...own, ...others] : own, isOffline)
    all.push(...(await inEnvironmentOf(project, task)))
  }
  if (limitations.length === 0) all.push(...others.map(notRun))
  // Several documents or projects may share one.
  const distinct = new Map(all.map(one => [JSON.stringify([one.message, one.at]), one]))
  return { node: process.versions.node, vitest, configFile, documents, limitations: [...distinct.values()] }
}

function notRun(file: string): Limitation {
  const message = failed('find', 'the document among those that Vitest runs', 'no project with the plugin has it')
  const hint = 'Put it below the root of a project, where `exclude` and `dir` do not leave it out.'
  return { severity: 'error', message, hint, at: { file, line: 1, column: 1 } }
}

/** Documents of one project. */
async function examine(project: DoctorProject, files: readonly string[], isOffline: boolean): Promise<Limitation[]> {
  const reads = await Promise.all(files.map(file => readDocument(file, project)))
  const found = reads.flatMap(({ limitations }) => limitations)
  const documents = reads.flatMap(({ read }) => read ?? [])
  if (documents.length === 0 || project.fault !== undefined) return found
  const secrets = new Secrets()
  addSecretsOf(project.options, secrets, project.files)
  const { servers, isThere, limitations, stop } = await openApplication(project, isOffline, secrets)
  try {
    found.push(...limitations)
    const suites = documents.flatMap(document => document.suites)
    if (isThere) found.push(...(await silentAddresses(suites, project, servers)))
    found.push(...documents.flatMap(document => documentLimitations(document, project, servers)))
  } finally {
    await stop()
  }
  return found.map(one => ({ ...one, message: secrets.mask(one.message), hint: one.hint && secrets.mask(one.hint) }))
}
