import process from 'node:process'
import type { Operation } from '../../src/document/model.ts'
import { failed } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { grouped } from '../../src/ground/group.ts'
import { assertAllowed } from '../../src/load/plan/hosts.ts'
import type { AskedServer, Diagnosis, Hindrance } from '../../src/report/diagnosis.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { baseOf } from '../../src/workflow/server.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { noResponse, type OpenApplication, openApplication } from './application.ts'
import { type CalledOperation, calledIn, documentHindrances, missingHindrance, readDocument } from './document.ts'
import { inEnvironmentOf } from './environment.ts'
import { type Configuration, type DoctorProject, readConfiguration } from './project.ts'
import { type Served, Surveyor } from './served.ts'
import { versionHindrances } from './versions.ts'

/** What is to be looked at. */
export interface DiagnosisRequest {
  /** Where Vitest is to be run, absolute. */
  root: string
  /** The configuration, where it is not the one that Vitest finds. */
  config?: string
  /** Documents, absolute; those that Vitest runs where there are none. */
  files: readonly string[]
  /** Documents below the root, for a configuration that runs none. */
  below: readonly string[]
  /** No server is asked, and no application is started. */
  isOffline: boolean
}

/** Finds out why documents do not run here, and sends nothing that changes anything. Never throws for what is found. */
export async function diagnose({ root, config, files, below, isOffline }: DiagnosisRequest): Promise<Diagnosis> {
  const configuration = await readConfiguration(root, config)
  const { vitest, configFile, projects } = configuration
  const documents = files.length > 0 ? files : documentsOf(configuration, below)
  const hindrances = [...versionHindrances(vitest), ...configuration.hindrances]
  const asked: AskedServer[] = []
  for (const { project, files } of shares(documents, configuration, root)) {
    const found = await inEnvironmentOf(project, () => examine(project, files, isOffline))
    hindrances.push(...found.hindrances)
    asked.push(...found.asked)
  }
  if (projects.length > 0 && configuration.hindrances.length === 0)
    hindrances.push(...documents.flatMap(file => notRun(file, configuration)))
  return given<Diagnosis>({
    node: process.versions.node,
    vitest,
    configFile,
    hasPlugin: projects.length > 0,
    documents,
    hindrances: distinct(hindrances),
    asked,
  })
}

function documentsOf({ projects }: Configuration, below: readonly string[]): string[] {
  const run = projects.flatMap(({ documents }) => documents)
  return run.length > 0 ? [...new Set(run)].sort() : [...below]
}

/** The documents of each project; those that none runs are looked at with the options of the first. */
function shares(
  documents: readonly string[],
  { projects, isKnown }: Configuration,
  root: string,
): { project: DoctorProject; files: string[] }[] {
  const none: DoctorProject = { name: '', root, options: {}, isFaulty: !isKnown, documents: [], env: {} }
  const [first = none] = projects
  const all = projects.length > 0 ? projects : [none]
  return all.flatMap(project => {
    const isOf = (file: string) => project.documents.includes(file)
    const isNobodys = (file: string) => !projects.some(one => one.documents.includes(file))
    const files = documents.filter(file => isOf(file) || (project === first && isNobodys(file)))
    return files.length === 0 ? [] : [{ project, files }]
  })
}

function notRun(file: string, { projects }: Configuration): Hindrance[] {
  if (projects.some(({ documents }) => documents.includes(file))) return []
  const message = failed('find', 'the document among those that Vitest runs', 'no project with the plugin has it')
  const hint = 'Put it below the root of a project, where `exclude` and `dir` do not leave it out.'
  return [{ severity: 'error', message, hint, at: { file, line: 1, column: 1 } }]
}

type Found = Pick<Diagnosis, 'hindrances' | 'asked'>

/** Documents of one project. */
async function examine(project: DoctorProject, files: readonly string[], isOffline: boolean): Promise<Found> {
  const secrets = new Secrets()
  addSecretsOf(project.options, secrets, project.files)
  const reads = await Promise.all(files.map(file => readDocument(file, project)))
  const hindrances = reads.flatMap(({ hindrances }) => hindrances)
  const documents = reads.flatMap(({ read }) => read ?? [])
  if (documents.length === 0 || project.isFaulty) return masked({ hindrances, asked: [] }, secrets)
  const application = await openApplication(project, isOffline, secrets)
  try {
    const called = documents.flatMap(calledIn)
    const survey = await surveyOf(called, project, application)
    hindrances.push(...application.hindrances, ...survey.hindrances)
    for (const document of documents)
      hindrances.push(...documentHindrances(document, project, application.servers, survey.served))
    return masked({ hindrances, asked: survey.asked }, secrets)
  } finally {
    await application.stop()
  }
}

interface Survey extends Found {
  hindrances: Hindrance[]
  asked: AskedServer[]
  served: Map<Operation, Served>
}

/** Asks the servers of operations, where they are this machine or allowed. */
async function surveyOf(
  called: readonly CalledOperation[],
  project: DoctorProject,
  { servers, commands, isThere }: OpenApplication,
): Promise<Survey> {
  const survey: Survey = { hindrances: [], asked: [], served: new Map() }
  if (!isThere) return survey
  const byBase = grouped(called, ({ operation, source }) => {
    const base = baseOf(operation, source, servers)
    return 'found' in base ? undefined : `${base.origin}${base.path}`
  })
  for (const [base, operations] of byBase) {
    const { origin } = new URL(base)
    const stranger = await strangerAt(origin, project)
    if (stranger !== undefined) {
      survey.hindrances.push(stranger)
      continue
    }
    const before = survey.served.size
    const untold = await askAll(base, operations, project, survey)
    if (survey.served.size > before) {
      const asked = { origin, operations: operations.length, untold }
      survey.asked.push(given<AskedServer>({ ...asked, command: commands.get(origin) }))
    }
  }
  return survey
}

/** A host that is not to be asked, which stands in nobody's way. */
async function strangerAt(origin: string, { options }: DoctorProject): Promise<Hindrance | undefined> {
  try {
    await assertAllowed([{ url: origin, verb: 'ask' }], options.allowHosts)
    return undefined
  } catch {
    const message = failed('ask', `${origin} what it serves`, 'it is not this machine')
    const hint = `If it may be asked, add allowHosts: ['${new URL(origin).hostname}'].`
    return { severity: 'warning', message, hint }
  }
}

/** Returns the operations of which nothing could be told. */
async function askAll(
  base: string,
  operations: readonly CalledOperation[],
  project: DoctorProject,
  survey: Survey,
): Promise<string[]> {
  const surveyor = new Surveyor(base)
  const untold: string[] = []
  for (const called of operations) {
    const { operation } = called
    const served = await surveyor.ask(operation)
    if (served.is === 'refused' || served.is === 'silent') {
      survey.hindrances.push(noResponse(served.is, new URL(base).origin, project))
      break
    }
    survey.served.set(operation, served)
    survey.hindrances.push(...missingHindrance(called, base, served))
    if (served.is === 'unknown') untold.push(`${operation.method} ${operation.path}`)
  }
  return untold
}

function masked({ hindrances, asked }: Found, secrets: Secrets): Found {
  return {
    hindrances: hindrances.map(one =>
      given<Hindrance>({ ...one, message: secrets.mask(one.message), hint: one.hint && secrets.mask(one.hint) }),
    ),
    asked: asked.map(one => given<AskedServer>({ ...one, command: one.command && secrets.mask(one.command) })),
  }
}

/** What several documents or projects share is told once. */
function distinct(hindrances: readonly Hindrance[]): Hindrance[] {
  const byKey = new Map<string, Hindrance>()
  for (const one of hindrances) {
    const key = JSON.stringify([one.message, one.at])
    if (byKey.get(key)?.severity !== 'error') byKey.set(key, one)
  }
  return [...byKey.values()]
}
