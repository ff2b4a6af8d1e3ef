import { resolve } from 'node:path'
import type { ArazzoDocument, Workflow } from '../document/model.ts'
import { READ_KEYS } from '../document/read-options.ts'
import { ArazzoError, suggestion } from '../ground/errors.ts'
import { given } from '../ground/given.ts'
import { parseJson } from '../ground/json.ts'
import { isObject, own, pick } from '../ground/object.ts'
import { removedOption } from '../ground/removed-names.ts'
import { tried } from '../ground/tried.ts'
import { quoted } from '../ground/words.ts'
import { propertiesOf } from '../load/feed/source.ts'
import { readSuiteOptions, type SuiteOptions } from '../load/suites/options.ts'
import type { Configured } from '../report/diagnosis.ts'
import { sourcesOf } from '../workflow/check-options.ts'
import { CHECK_MODES } from '../workflow/checks/check-rule.ts'
import { findWorkflow, readRef, splitRef } from '../workflow/find.ts'
import type { PlanOptions } from '../workflow/plan.ts'
import { type Credentials, SECRET_FIELDS, type Secret, type SecurityOptions } from '../workflow/security/options.ts'
import { configuration } from './application.ts'
import { sourceFiles, sourceFlag } from './documents.ts'
import { type Flags, type FlagTable, misuse, pair } from './flags.ts'

/** Flags of both kinds of runs. */
export const commonFlags: FlagTable = {
  server: {
    value: '[source=]url',
    text: 'where requests go: for all sources, or for one of them (default: `server` of vitest.config)',
    isList: true,
  },
  input: { value: 'name=value', text: 'an input of the workflow', isList: true },
  'input-env': {
    value: 'name=VARIABLE',
    text: 'an input from the environment; it is treated as a secret',
    isList: true,
  },
  'security-env': {
    value: 'source.scheme[:field]=VARIABLE',
    text: 'credentials of a security scheme from the environment, never shown',
    isList: true,
  },
  ...sourceFlag,
  checks: {
    value: 'off|warn|error|all',
    text: 'hold responses against OpenAPI (default: error; all: each under load too)',
  },
}

type CommonOptions = Pick<PlanOptions, 'servers'> & Partial<Omit<Configured['options'], 'inputs' | 'agents'>>

export function readChecks(flags: Flags): PlanOptions['checks'] {
  return flags.word('checks', CHECK_MODES)
}

function readCommon(flags: Flags): CommonOptions {
  return given({
    ...serversOf(flags.list('server')),
    ...securityOf(flags.list('security-env')),
    checks: readChecks(flags),
    sources: flags.has('source') ? sourceFiles(flags) : undefined,
  })
}

/** A workflow of a document. */
export interface AskedWorkflow {
  document: ArazzoDocument
  workflow: Workflow
  /** Inputs by flags. */
  inputs: Record<string, unknown>
  /** Options in its `x-vitest`; beneath them, inputs of the configuration. */
  options: SuiteOptions
  /** Options by flags; beneath them, those of the configuration. */
  common: CommonOptions
  configured: Configured['options']
}

/**
 * Does something with the workflow that the one operand names, as flags and Vitest's configuration in this folder say.
 * The application of the configuration is started for it, unless a flag says where requests go.
 *
 * @param task gets the process to measure, if one was started.
 */
export async function withWorkflow<T>(
  flags: Flags,
  task: (asked: AskedWorkflow, pid?: number) => Promise<T>,
): Promise<T> {
  const byFlags = readCommon(flags)
  const ref = flags.operand('a workflow', 'shop.arazzo.yaml#checkout')
  const { options, within, open } = (await configuration())(resolve(splitRef(ref).path))
  return within(async () => {
    const asked = await readWorkflow(flags, ref, byFlags, options)
    // An application that is started here is out of reach for agents.
    const application = byFlags.servers !== undefined || flags.has('agents') ? undefined : await open()
    if (application === undefined) return task(asked)
    console.error(`Server: ${application.words}`)
    try {
      return await task({ ...asked, common: { ...asked.common, servers: application.servers } }, application.pid)
    } finally {
      await application.stop()
    }
  })
}

async function readWorkflow(
  flags: Flags,
  ref: string,
  byFlags: CommonOptions,
  configured: Configured['options'],
): Promise<AskedWorkflow> {
  const { inputs, agents: _, ...conduct } = configured
  const read = { ...pick(conduct, READ_KEYS), sources: { ...conduct.sources, ...byFlags.sources } }
  const { document, workflowId } = await readRef(ref, read)
  checkSources(document, byFlags)
  const workflow = findWorkflow(document, workflowId)
  const { options, problems } = readSuiteOptions(document, workflow)
  options.common = { ...inputs, ...options.common }
  if (problems.length > 0) throw new ArazzoError(problems)
  const security = joined(conduct.security, byFlags.security)
  const common = given<CommonOptions>({ ...conduct, ...byFlags, ...read, security })
  return { document, workflow, inputs: inputsOf(flags, workflow), options, common, configured }
}

/** Credentials by source and scheme; flags override those of the configuration. */
function joined(configured?: SecurityOptions, byFlags?: SecurityOptions): SecurityOptions | undefined {
  if (configured === undefined || byFlags === undefined) return byFlags ?? configured
  const sources = Object.entries(byFlags).map(([name, schemes]) => [name, { ...own(configured, name), ...schemes }])
  return { ...configured, ...Object.fromEntries(sources) }
}

/** Throws Misuse for flags of an unknown source, because their values would not be used. */
function checkSources(document: ArazzoDocument, { servers, security }: CommonOptions): void {
  const known = sourcesOf(document)
  const given = { server: isObject(servers) ? servers : {}, 'security-env': security ?? {} }
  for (const [flag, bySource] of Object.entries(given))
    for (const name of Object.keys(bySource)) {
      if (known.has(name)) continue
      const advice = suggestion(name, known) ?? `It has ${quoted([...known])}.`
      throw misuse('read', `--${flag}`, `the document has no source "${name}"`, advice)
    }
}

function inputsOf(flags: Flags, workflow: Workflow): Record<string, unknown> {
  const inputs: Record<string, unknown> = {}
  for (const written of flags.list('input')) {
    const [name, value] = pair('input', written)
    inputs[name] = typed(value, propertiesOf(workflow.inputs)[name])
  }
  for (const written of flags.list('input-env')) {
    const [name, variable] = pair('input-env', written)
    inputs[name] = { env: variable }
  }
  return inputs
}

/** Value as the input's schema has it: text is taken as it stands, everything else as JSON. */
function typed(value: string, schema: unknown): unknown {
  const { type } = (schema ?? {}) as { type?: unknown }
  const types = [type].flat()
  if (type === undefined || types.includes('string')) return value
  const parsed = tried(() => parseJson(value))
  return parsed === undefined ? value : parsed
}

function serversOf(written: readonly string[]): { servers?: string | Record<string, string> } {
  const isNamed = (text: string) => /^[\w.-]+=/.test(text)
  if (written.length === 0) return {}
  if (written.every(isNamed)) return { servers: Object.fromEntries(written.map(text => pair('server', text))) }
  if (written.length === 1) return { servers: written[0]! }
  const found = 'one URL is for all sources, and there are others'
  throw misuse('read', '--server', found, 'Write one URL, or source=url for each source.')
}

const FORM = 'Write --security-env shop.bearerAuth=SHOP_TOKEN, or shop.basicAuth:username=SHOP_USER.'

/**
 * Credentials by the variables of the environment that hold them: `source.scheme=VARIABLE` where the scheme takes one
 * secret, `source.scheme:field=VARIABLE` otherwise. Throws Misuse for what is neither, or twice the same.
 */
function securityOf(written: readonly string[]): { security?: SecurityOptions } {
  // Without a prototype: a source may be called `__proto__`.
  const security: Record<string, Record<string, Secret | Credentials>> = Object.create(null)
  for (const text of written) {
    const [name, env] = pair('security-env', text)
    const [, source = '', scheme = '', field] = /^([^.]+)\.([^:]+)(?::(\w+))?$/.exec(name) ?? []
    const refuse = (found: string, advice = FORM) => misuse('read', '--security-env', `"${text}" ${found}`, advice)
    if (source === '' || scheme === '' || env === '') throw refuse('names no source, scheme or variable')
    if (field !== undefined && !SECRET_FIELDS.some(known => known === field))
      throw refuse(`names an unknown field (known: ${SECRET_FIELDS.join(', ')})`, removedOption(field))
    const before = security[source]?.[scheme] as object | undefined
    if (before !== undefined && (field === undefined || 'env' in before || field in before))
      throw refuse('says again what was said before')
    const credentials: Secret | Credentials =
      field === undefined ? { env } : ({ ...before, [field]: { env } } as Credentials)
    security[source] = { ...security[source], [scheme]: credentials }
  }
  return written.length === 0 ? {} : { security }
}
