import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import process from 'node:process'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { TestProject, Vitest } from 'vitest/node'
import type { ArazzoDocument, Step, Workflow } from '../../src/document/model.ts'
import { isRaw, text } from '../../src/document/raw.ts'
import { readArazzo } from '../../src/document/read.ts'
import {
  type EnvironmentFiles,
  environment,
  setEnvironmentFiles,
  unsetVariables,
} from '../../src/ground/environment.ts'
import { ArazzoError, type Location } from '../../src/ground/errors.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { isObject, own } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import { isHttp, type Place } from '../../src/load/plan/addresses.ts'
import { ANY_ORIGIN, ANY_TCP } from '../../src/load/plan/application-targets.ts'
import { assertAllowed } from '../../src/load/plan/hosts.ts'
import { namesOfSetups } from '../../src/load/suites/hooks.ts'
import { inputsFor } from '../../src/load/suites/options.ts'
import { isForOthers, type Suite, suitesOf, untestedProblems } from '../../src/load/suites/parts.ts'
import { suiteRows } from '../../src/load/suites/rows.ts'
import type { Diagnosis, DiagnosisRequest, Limitation } from '../../src/report/diagnosis.ts'
import { connectedBy } from '../../src/workflow/channel/connect.ts'
import { inputProblems, missingInputs, withDefaults } from '../../src/workflow/inputs.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { credentialsOf } from '../../src/workflow/security/needed.ts'
import { baseOf, type ServerOverride } from '../../src/workflow/server.ts'
import { checkClaims } from '../claim.ts'
import { problemsOf } from '../document-problems.ts'
import { isDocument, ours } from '../files.ts'
import { type ArazzoOptions, PLUGIN_NAME, type PluginApi, suiteHooksOf } from '../options.ts'
import { askOnce } from '../server/ask.ts'
import { readEnvironmentFiles } from '../server/environment-files.ts'
import { hasPort } from '../server/options.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { serversFor } from '../server/servers-for.ts'
import { readServers } from '../server/several.ts'
import { type RunningServer, ServerStartError, startServer } from '../server/start.ts'
import { isOneTested, neighboursOf } from '../transform/neighbours.ts'

/** Finds out why documents do not run here, and changes nothing. Throws for nothing that it finds. */
export async function diagnose({ root, config, files, below, isOffline }: DiagnosisRequest): Promise<Diagnosis> {
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

/** Does something in the environment that tests of a project have. */
async function inEnvironmentOf<T>({ env, files }: DoctorProject, task: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  setEnvironmentFiles(files)
  try {
    return await task()
  } finally {
    setEnvironmentFiles(undefined)
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}

/** A document that can be read, with the suites that are run. */
interface ReadDocument {
  document: ArazzoDocument
  suites: readonly Suite[]
}

/** Reads a document as the plugin does; with what keeps it from being run at all. */
async function readDocument(
  file: string,
  { options, documents, root }: DoctorProject,
): Promise<{ read?: ReadDocument; limitations: Limitation[] }> {
  const { sources, severities, inputs } = options
  const { document, problems } = await readArazzo(file, { sources, severities })
  const hooks = suiteHooksOf(options, root)
  const all = document ? [...problems, ...(await problemsOf(document, options, hooks)).problems] : problems
  if (document === undefined || all.some(({ severity }) => severity === 'error')) return { limitations: all }
  const neighbours = await neighboursOf(file, documents, { sources, severities })
  const suites = suitesOf(document, inputs, neighbours, hooks)
  const areOthersTested = isForOthers(suites) && (await isOneTested(file, documents, options, hooks))
  const untested = untestedProblems(document, suites, areOthersTested)
  if (untested.length > 0) return { limitations: [...all, ...untested] }
  return { read: { document, suites: suites.filter(({ options }) => options.skip !== true) }, limitations: all }
}

/** Limitations of a readable document: inputs, credentials, addresses. */
function documentLimitations(
  { document, suites }: ReadDocument,
  project: DoctorProject,
  servers: ServerOverride,
): Limitation[] {
  const unset = Object.entries(project.options.security ?? {}).flatMap(([source, schemes]) =>
    Object.entries(schemes).flatMap(([scheme, value]) =>
      unsetIn(value).map(variable => unsetVariable(variable, `security scheme "${scheme}" of "${source}"`, project)),
    ),
  )
  const security = unset.length > 0 ? undefined : project.options.security
  return [
    ...suites.flatMap(suite => inputLimitations(document, suite, project)),
    ...unset,
    ...suites.flatMap(({ workflow }) => missingCredentials(document, workflow, project, servers)),
    ...suites.flatMap(({ workflow }) => planLimitations(document, workflow, project, { servers, security })),
  ]
}

/** Inputs of a workflow that are missing, invalid, or not set in the environment. */
function inputLimitations(document: ArazzoDocument, suite: Suite, project: DoctorProject): Limitation[] {
  const { workflow, options, part } = suite
  if (part !== undefined) return []
  const given = inputsFor(workflow, { ...project.options.inputs, ...options.common }, options.inputs)
  const unset = Object.entries(given).flatMap(([name, value]) =>
    unsetIn(value).map(variable => unsetVariable(variable, `input "${name}"`, project)),
  )
  if (unset.length > 0) return unset
  const values = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, isReference(value) ? environment()[value.env] : value]),
  )
  const { names, areOpen } = namesOfSetups(document, options.hooks)
  const isOpen = areOpen || project.options.setup !== undefined
  try {
    const rows = options.each === undefined ? [{}] : suiteRows(options.each, workflow).map(({ inputs }) => inputs)
    return rows.flatMap(row => {
      const inputs = { ...values, ...row }
      const fromSetups = missingInputs(workflow, inputs)
        .filter(name => isOpen || names.includes(name))
        .map(name => failed('start', `workflow "${workflow.workflowId}"`, `input "${name}" is missing`))
      const problems = inputProblems(workflow, withDefaults(workflow.inputs, inputs))
      return problems.filter(({ message }) => !fromSetups.includes(message))
    })
  } catch (error) {
    if (error instanceof ArazzoError) return error.problems
    throw error
  }
}

const isReference = (value: unknown): value is { env: string } =>
  isObject(value) && typeof value.env === 'string' && Object.keys(value).length === 1

/** Variables that values name as `{ env }`, however deep, and that neither the environment nor a file has. */
function unsetIn(value: unknown): string[] {
  if (isReference(value)) return environment()[value.env] === undefined ? [value.env] : []
  return isObject(value) || Array.isArray(value) ? Object.values(value).flatMap(unsetIn) : []
}

function unsetVariable(variable: string, of: string, { configFile }: DoctorProject): Limitation {
  const hint = 'Set it before the run, or write it into one of the files.'
  const at = placeInFile(configFile, variable)
  return { severity: 'error', message: failed('read', of, unsetVariables([variable])), hint, at }
}

/** Security schemes that operations cannot be called without, and for which nothing gives credentials. */
function missingCredentials(
  document: ArazzoDocument,
  workflow: Workflow,
  { options }: DoctorProject,
  servers: ServerOverride,
): Limitation[] {
  return workflow.steps.flatMap(step => {
    if (step.target.kind !== 'operation' || expectsRefusal(step)) return []
    const { source, operation } = step.target
    const owner = document.sources[source]
    if (owner?.type !== 'openapi' || operation.security.length === 0) return []
    const { securitySchemes } = owner.openapi
    const configured = Object.keys(own(options.security ?? {}, source) ?? {})
    const base = baseOf(operation, source, servers)
    const hasAuthorization = !('found' in base) && base.authorization !== undefined
    const isMet = (name: string) =>
      configured.includes(name) ||
      (hasAuthorization && isByHeader(securitySchemes[name])) ||
      isGivenByStep(workflow, step, securitySchemes[name])
    if (operation.security.some(requirement => Object.keys(requirement).every(isMet))) return []
    const met = Object.keys(operation.security[0]!).filter(isMet)
    return credentialsOf([operation], owner.openapi, source, met).map(({ scheme, fields }): Limitation => {
      const env = (variable: string) => `{ env: '${variable}' }`
      const members = Object.entries(fields).map(([field, variable]) => `${field}: ${env(variable)}`)
      const code = typeof fields === 'string' ? env(fields) : `{ ${members.join(', ')} }`
      const needs = `${operation.method} ${operation.path} needs security scheme "${scheme}"`
      const message = failed('authorize', `step "${step.stepId}"`, `${needs}, and nothing gives its credentials`)
      const hint = `Give them: security: { ${nameOf(source)}: { ${nameOf(scheme)}: ${code} } }.`
      return { severity: 'error', message, hint, at: step.at }
    })
  })
}

const nameOf = (name: string) => (/^\w+$/.test(name) ? name : JSON.stringify(name))

/** Whether a step itself names a status of refusal, so that it may want one. */
function expectsRefusal({ successCriteria, onFailure, onSuccess }: Step): boolean {
  const criteria = [successCriteria, ...[...onFailure, ...onSuccess].map(action => action.criteria)].flat()
  return criteria.some(({ text }) => /\b40[13]\b/.test(text))
}

const isByHeader = (scheme: unknown) => isRaw(scheme) && /^(http|basic|oauth2|openIdConnect)$/.test(String(scheme.type))

/** Whether a step sends it by a parameter of its own, or a step before it may have been given the cookie. */
function isGivenByStep({ parameters, steps }: Workflow, step: Step, scheme: unknown): boolean {
  if (!isRaw(scheme)) return false
  const place = isByHeader(scheme) ? 'header' : text(scheme, 'in')
  const name = (isByHeader(scheme) ? 'Authorization' : (text(scheme, 'name') ?? '')).toLowerCase()
  if (place === 'cookie' && steps[0] !== step) return true
  return [...step.parameters, ...parameters].some(
    one => one.name.toLowerCase() === name && (one.in === place || (place === 'cookie' && one.in === 'header')),
  )
}

/** Reasons why a workflow cannot be prepared: no base address, or options that do not fit the document. */
function planLimitations(
  document: ArazzoDocument,
  { workflowId }: Workflow,
  { options }: DoctorProject,
  given: Parameters<typeof compilePlan>[2],
): Limitation[] {
  try {
    compilePlan(document, workflowId, { ...given, checks: options.checks, connected: connectedBy(options.channels) })
    return []
  } catch (error) {
    if (error instanceof ArazzoError) return error.problems
    if (!isUserError(error)) throw error
    return [{ severity: 'error', message: error.message }]
  }
}

/** Destination of a project's requests. */
interface OpenApplication {
  servers: ServerOverride
  /** Whether a request may be sent. */
  isThere: boolean
  limitations: readonly Limitation[]
  stop(): Promise<void>
}

/**
 * Starts the applications of a project as a run does, each after those that it depends on; none that runs already.
 *
 * @param isOffline nothing is started.
 */
async function openApplication(
  { options, root, configFile, files }: DoctorProject,
  isOffline: boolean,
  secrets: Secrets,
): Promise<OpenApplication> {
  const { server, servers } = options
  if (server === undefined) return { servers, isThere: !isOffline, limitations: [], stop: async () => {} }
  const plans = readServers(server, root)
  const running: (Place & { server: RunningServer })[] = []
  const stop = async () => {
    for (const { server } of running.toReversed()) await server.stop()
  }
  const nowhere = (limitations: Limitation[]) => {
    const places = plans.map(({ name, options: { url } }) => ({ name, origin: isHttp(url) ? ANY_ORIGIN : ANY_TCP }))
    return { servers: serversFor(servers, places), isThere: false, limitations, stop }
  }
  if (isOffline) return nowhere([])
  try {
    for (const { name, options: read } of plans) {
      const around = { name, others: [...running], environment: environment(files) }
      const wanted = { ...read, reuseExisting: !hasPort(read.url) }
      const server = await startServer(wanted, ours('supervisor.js'), undefined, around)
      running.push({ name, origin: server.origin, server })
    }
    return { servers: serversFor(servers, running), isThere: true, limitations: [], stop }
  } catch (error) {
    const { message } = error instanceof ServerStartError ? error.masked(text => secrets.mask(text)) : (error as Error)
    return nowhere([{ severity: 'error', message, at: placeInFile(configFile, 'server') }])
  }
}

/** Addresses of operations at which nothing responds; only this machine and hosts of `allowHosts` are asked. */
async function silentAddresses(
  suites: readonly Suite[],
  { options, configFile }: DoctorProject,
  servers: ServerOverride,
): Promise<Limitation[]> {
  const bases = suites.flatMap(({ workflow }) =>
    workflow.steps.flatMap(({ target }) =>
      target.kind === 'operation' ? [baseOf(target.operation, target.source, servers)] : [],
    ),
  )
  const found: Limitation[] = []
  for (const origin of new Set(bases.flatMap(base => ('found' in base ? [] : base.origin)))) {
    const isAllowed = await assertAllowed([{ url: origin, verb: 'ask' }], options.allowHosts).then(
      () => true,
      () => false,
    )
    const outcome = isAllowed ? await askOnce(origin, 5_000) : undefined
    if (outcome === undefined || outcome.kind === 'status') continue
    const why = outcome.kind === 'refused' ? 'no process listens there' : 'there was no HTTP response'
    const starts = "server: { command: 'npm start', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } }"
    const hint = options.server === undefined ? `Start it, or let the plugin do that: ${starts}.` : 'Correct `servers`.'
    const at = placeInFile(configFile, 'servers')
    found.push({ severity: 'error', message: failed('reach', origin, why), hint, at })
  }
  return found
}

/** First place of a word in a file, or its beginning. */
function placeInFile(file: string | undefined, word: string): Location | undefined {
  const text = file === undefined ? undefined : tried(() => readFileSync(file, 'utf8'))
  if (file === undefined || text === undefined) return undefined
  const lines = text.split('\n')
  const line = lines.findIndex(one => one.includes(word))
  return line < 0 ? { file, line: 1, column: 1 } : { file, line: line + 1, column: lines[line]!.indexOf(word) + 1 }
}

/** Documents that Vitest runs with the same options. */
interface DoctorProject {
  root: string
  options: ArazzoOptions
  /** Fault of the options. */
  fault?: string
  /** The documents that it runs. */
  documents: readonly string[]
  configFile?: string
  /** Environment of tests from Vitest's own configuration. */
  env: Readonly<Record<string, string>>
  /** Values of the project's `.env` files. */
  files?: EnvironmentFiles
}

/** Vitest configuration, as far as it concerns documents. */
interface Configuration {
  vitest?: string
  configFile?: string
  /** Projects with the plugin. */
  projects: readonly DoctorProject[]
  limitations: readonly Limitation[]
}

type VitestNode = typeof import('vitest/node')

const error = (message: string, more: Partial<Limitation> = {}): Limitation => ({ severity: 'error', message, ...more })

/**
 * Reads the configuration as a run would, by the project's own Vitest, and runs nothing.
 *
 * @param config the file, if it is not the one that Vitest finds.
 */
async function readConfiguration(root: string, config: string | undefined): Promise<Configuration> {
  const require = createRequire(join(root, 'package.json'))
  const entry = tried(() => require.resolve('vitest/node'))
  if (entry === undefined) {
    const message = failed('find', 'Vitest', `none is installed in ${root} or above`)
    return { projects: [], limitations: [error(message, { hint: 'Run npm install --save-dev vitest.' })] }
  }
  const version = tried(() => (require('vitest/package.json') as { version: string }).version)
  const { createVitest } = (await import(pathToFileURL(entry).href)) as VitestNode
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    const vitest = await createVitest(
      'test',
      { root, config, watch: false, reporters: [{}], coverage: { enabled: false }, api: false as never },
      { logLevel: 'silent' },
      { stdout: nowhere(), stderr: nowhere() },
    )
    try {
      return { vitest: version, ...(await described(vitest)) }
    } finally {
      await vitest.close()
    }
  } catch (cause) {
    const { message } = cause as Error
    const found = isUserError(cause) ? message : failed('read', 'the configuration of Vitest', message)
    return { vitest: version, projects: [], limitations: [error(found)] }
  }
}

async function described(vitest: Vitest): Promise<Omit<Configuration, 'vitest'>> {
  const configFile = fileOf(vitest.vite.config.configFile)
  const projects = await Promise.all(
    vitest.projects.flatMap(project => {
      const api = apiOf(project)
      return api === undefined ? [] : [projectOf(project, api, configFile)]
    }),
  )
  const limitations = projects.flatMap(({ fault, configFile: file }) =>
    fault === undefined ? [] : [error(fault, { at: file === undefined ? undefined : { file, line: 1, column: 1 } })],
  )
  const claims = await checkClaims(vitest).catch(({ message }: Error) => message)
  if (claims !== undefined) limitations.push(error(claims))
  if (projects.length === 0) limitations.push(withoutPlugin(vitest, configFile))
  return { configFile, projects, limitations }
}

async function projectOf(project: TestProject, api: PluginApi, configFile?: string): Promise<DoctorProject> {
  const { config, vite } = project
  return {
    root: config.root,
    options: api.options,
    fault: api.fault?.message ?? project.getProvidedContext()['vitest-arazzo:fault'],
    documents: (await project.globTestFiles()).testFiles.filter(isDocument),
    configFile: fileOf(vite.config.configFile) ?? configFile,
    env: (config.env ?? {}) as Record<string, string>,
    files: await readEnvironmentFiles(project),
  }
}

function apiOf({ vite }: TestProject): PluginApi | undefined {
  return vite.config.plugins.findLast(({ name }) => name === PLUGIN_NAME)?.api as PluginApi | undefined
}

const fileOf = (file: string | false | undefined) => (typeof file === 'string' && file !== '' ? file : undefined)

function withoutPlugin({ config }: Vitest, configFile: string | undefined): Limitation {
  const hint = "Import it from 'vitest-arazzo/plugin', and add arazzo() to its plugins."
  if (configFile === undefined) {
    const found = `${config.root} has no vitest.config or vite.config`
    return error(failed('find', 'the configuration of Vitest', found), { hint: `Write one. ${hint}` })
  }
  const found = `${relative(config.root, configFile)} has no arazzo() among its plugins`
  return error(failed('find', 'the plugin', found), { hint, at: { file: configFile, line: 1, column: 1 } })
}
