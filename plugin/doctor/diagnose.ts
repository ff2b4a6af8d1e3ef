import process from 'node:process'
import type { ArazzoDocument, Step, Workflow } from '../../src/document/model.ts'
import { isRaw, text } from '../../src/document/raw.ts'
import { readArazzo } from '../../src/document/read.ts'
import { environment, setEnvironmentFiles, unsetVariables } from '../../src/ground/environment.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { isObject, own } from '../../src/ground/object.ts'
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
import { problemsOf } from '../document-problems.ts'
import { suiteHooksOf } from '../options.ts'
import { addSecretsOf } from '../server/secrets.ts'
import { isOneTested, neighboursOf } from '../transform/neighbours.ts'
import { openApplication, placeInFile, silentAddresses } from './application.ts'
import { type DoctorProject, readConfiguration } from './configuration.ts'

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
