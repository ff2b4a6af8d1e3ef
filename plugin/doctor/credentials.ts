import type { ArazzoDocument, OpenApiDescription, Operation, Step, Workflow } from '../../src/document/model.ts'
import { isRaw, text } from '../../src/document/raw.ts'
import { failed } from '../../src/ground/fault.ts'
import { own } from '../../src/ground/object.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import { credentialsOf } from '../../src/workflow/security/needed.ts'
import { baseOf, type ServerOverride } from '../../src/workflow/server.ts'
import { unsetHindrance, unsetIn } from './environment.ts'
import type { DoctorProject } from './project.ts'

/** Variables of the environment that credentials are to come from, and that are not set. */
export function unsetCredentials(project: DoctorProject): Hindrance[] {
  return Object.entries(project.options.security ?? {}).flatMap(([source, schemes]) =>
    Object.entries(schemes).flatMap(([scheme, value]) =>
      unsetIn(value).map(variable =>
        unsetHindrance(variable, `security scheme "${scheme}" of source "${source}"`, project),
      ),
    ),
  )
}

interface Wanting {
  source: string
  description: OpenApiDescription
  operation: Operation
  step: Step
  /** Schemes of the operation that are met. */
  met: readonly string[]
}

/**
 * Security schemes that operations cannot be called without, and for which there are no credentials; each once a
 * source. Where the server lets somebody without any in, that is a warning.
 *
 * @param isOpen whether an operation was asked for without credentials, and the response was one of success.
 */
export function credentialHindrances(
  document: ArazzoDocument,
  project: DoctorProject,
  servers: ServerOverride,
  isOpen: (operation: Operation) => boolean,
): Hindrance[] {
  const wanting = document.workflows.flatMap(workflow =>
    workflow.steps.flatMap(step => wantingOf(document, workflow, step, project, servers) ?? []),
  )
  const found = new Map<string, Hindrance>()
  for (const { source, description, operation, step, met } of wanting) {
    for (const { scheme, fields } of credentialsOf([operation], description, source, met)) {
      const key = JSON.stringify([source, scheme])
      const code =
        typeof fields === 'string'
          ? `{ env: '${fields}' }`
          : `{ ${Object.entries(fields)
              .map(([field, variable]) => `${field}: { env: '${variable}' }`)
              .join(', ')} }`
      const needs = `${operation.method} ${operation.path} needs security scheme "${scheme}"`
      found.set(
        key,
        found.get(key) ?? {
          severity: 'error',
          message: failed('authorize', `step "${step.stepId}"`, `${needs}, and nothing gives its credentials`),
          hint: `Give them: security: { ${nameOf(source)}: { ${nameOf(scheme)}: ${code} } }.`,
          at: step.at,
          option: { path: ['security', source, scheme], code, isKnown: true },
        },
      )
      if (isOpen(operation)) found.set(key, { ...found.get(key)!, severity: 'warning' })
    }
  }
  return [...found.values()]
}

const nameOf = (name: string) => (/^\w+$/.test(name) ? name : JSON.stringify(name))

function wantingOf(
  document: ArazzoDocument,
  workflow: Workflow,
  step: Step,
  { options }: DoctorProject,
  servers: ServerOverride,
): Wanting | undefined {
  if (step.target.kind !== 'operation') return undefined
  const { source, operation } = step.target
  const owner = document.sources[source]
  if (owner?.type !== 'openapi' || operation.security.length === 0 || expects(step, /\b40[13]\b/)) return undefined
  const { securitySchemes } = owner.openapi
  const given = Object.keys(own(options.security ?? {}, source) ?? {})
  const base = baseOf(operation, source, servers)
  const isMet = (name: string) =>
    given.includes(name) ||
    ('authorization' in base && isByHeader(securitySchemes[name])) ||
    isGivenByStep(workflow, step, securitySchemes[name])
  if (operation.security.some(requirement => Object.keys(requirement).every(isMet))) return undefined
  const met = Object.keys(operation.security[0]!).filter(isMet)
  return { source, description: owner.openapi, operation, step, met }
}

/** Whether a status is one that the step itself speaks of, so that it may be what is wanted. */
export function expects({ successCriteria, onFailure, onSuccess }: Step, status: RegExp): boolean {
  const criteria = [successCriteria, ...[...onFailure, ...onSuccess].map(action => action.criteria)].flat()
  return criteria.some(({ text }) => status.test(text))
}

const isByHeader = (scheme: unknown) => isRaw(scheme) && /^(http|basic|oauth2|openIdConnect)$/.test(String(scheme.type))

/** Whether a step sends it by a parameter of its own, or a step before it may have been given the cookie. */
function isGivenByStep({ parameters, steps }: Workflow, step: Step, scheme: unknown): boolean {
  if (!isRaw(scheme)) return false
  const all = [...step.parameters, ...parameters]
  const isHeader = (name: string) => all.some(one => one.in === 'header' && one.name.toLowerCase() === name)
  if (isByHeader(scheme)) return isHeader('authorization')
  const [place, name] = [text(scheme, 'in'), text(scheme, 'name') ?? '']
  if (place === 'header') return isHeader(name.toLowerCase())
  if (place === 'cookie') return isHeader('cookie') || steps[0] !== step || all.some(one => one.name === name)
  return all.some(one => one.in === place && one.name === name)
}
