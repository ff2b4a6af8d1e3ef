import { isRaw, text } from '../../src/document/raw.ts'
import { environment, unsetVariables } from '../../src/ground/environment.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { isObject, own } from '../../src/ground/object.ts'
import { type ArazzoDocument, ArazzoError, readArazzo, type Step, type Workflow } from '../../src/index.ts'
import { namesOfSetups } from '../../src/load/suites/hooks.ts'
import { inputsFor } from '../../src/load/suites/options.ts'
import { isForOthers, type Suite, suitesOf, untestedProblems } from '../../src/load/suites/parts.ts'
import { suiteRows } from '../../src/load/suites/rows.ts'
import type { Limitation } from '../../src/report/diagnosis.ts'
import { connectedBy } from '../../src/workflow/channel/connect.ts'
import { inputProblems, missingInputs, withDefaults } from '../../src/workflow/inputs.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { credentialsOf } from '../../src/workflow/security/needed.ts'
import { baseOf, type ServerOverride } from '../../src/workflow/server.ts'
import { problemsOf } from '../document-problems.ts'
import { suiteHooksOf } from '../options.ts'
import { isOneTested, neighboursOf } from '../transform/neighbours.ts'
import { placeInFile } from './application.ts'
import type { DoctorProject } from './configuration.ts'

/** A document that can be read, with the suites that are run. */
interface ReadDocument {
  document: ArazzoDocument
  suites: readonly Suite[]
}

/** Reads a document as the plugin does; with what keeps it from being run at all. */
export async function readDocument(
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
export function documentLimitations(
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
    const rows = options.feed === undefined ? [{}] : suiteRows(options.feed, workflow).map(({ inputs }) => inputs)
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
