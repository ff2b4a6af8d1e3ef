import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ArazzoDocument, ReadOptions, Workflow } from '../document/model.ts'
import { ArazzoError, suggestion } from '../ground/errors.ts'
import { given } from '../ground/given.ts'
import { parseJson } from '../ground/json.ts'
import { isObject } from '../ground/object.ts'
import { tried } from '../ground/tried.ts'
import { quoted } from '../ground/words.ts'
import { PROTOCOLS } from '../http/transport.ts'
import { propertiesOf } from '../load/feed/source.ts'
import { readSuiteOptions, type SuiteOptions } from '../load/suites/options.ts'
import { withAbsolutePaths } from '../workflow/channel/connect.ts'
import { sourcesOf } from '../workflow/check-options.ts'
import { CHECK_MODES } from '../workflow/checks/check-rule.ts'
import type { ConductKey } from '../workflow/conduct.ts'
import { findWorkflow } from '../workflow/find.ts'
import { readRef } from '../workflow/functional.ts'
import type { PlanOptions } from '../workflow/plan.ts'
import type { Credentials, Secret, SecurityOptions } from '../workflow/security/options.ts'
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
  channels: { value: 'module', text: 'the transport of AsyncAPI channels' },
  checks: {
    value: 'off|warn|error|all',
    text: 'hold responses against OpenAPI (default: error; all: each under load too)',
  },
  files: { value: 'folder', text: 'files that responses may name for requests that send files' },
  'follow-redirects': { text: 'follow redirects; otherwise the redirect is the response' },
  traceparent: { text: 'name a trace in each request, for an application that is traced' },
  protocol: { value: 'auto|h1|h2', text: 'the version of HTTP (default: h1)' },
  ca: { value: 'file', text: 'certificate of an authority that TLS is trusted by, as PEM' },
  'request-timeout': { value: 'time', text: 'how long a request may take (default: 10s)' },
  'max-retry-after': { value: 'time', text: 'the longest wait that a Retry-After may ask for (30s)' },
}

type CommonOptions = Pick<PlanOptions, ConductKey | 'servers'> & {
  channels?: ReturnType<typeof withAbsolutePaths>
  read?: ReadOptions
}

export function readChecks(flags: Flags): PlanOptions['checks'] {
  return flags.word('checks', CHECK_MODES)
}

export function readCommon(flags: Flags): CommonOptions {
  const sources = sourceFiles(flags)
  const channels = flags.text('channels')
  return given({
    ...serversOf(flags.list('server')),
    ...securityOf(flags.list('security-env')),
    checks: readChecks(flags),
    followRedirects: flags.isOn('follow-redirects') || undefined,
    traceparent: flags.isOn('traceparent') || undefined,
    protocol: flags.word('protocol', PROTOCOLS),
    maxRetryAfter: flags.text('max-retry-after'),
    requestTimeout: flags.text('request-timeout'),
    channels: channels === undefined ? undefined : withAbsolutePaths(channels, process.cwd()),
    ca: flags.text('ca'),
    files: flags.text('files') && folderOf('files', flags.text('files')!),
    read: flags.has('source') ? { sources } : undefined,
  })
}

/** A workflow of a document. */
export interface AskedWorkflow {
  document: ArazzoDocument
  workflow: Workflow
  /** Inputs by flags. */
  inputs: Record<string, unknown>
  /** Options in its `x-vitest`. */
  options: SuiteOptions
}

/** The workflow that the one operand names, with the inputs that were given for it. */
export async function readWorkflow(flags: Flags, common: CommonOptions): Promise<AskedWorkflow> {
  const { document, workflowId } = await readRef(flags.operand('a workflow', 'shop.arazzo.yaml#checkout'), common.read)
  checkSources(document, common)
  const workflow = findWorkflow(document, workflowId)
  const { options, problems } = readSuiteOptions(document, workflow)
  if (problems.length > 0) throw new ArazzoError(problems)
  return { document, workflow, inputs: inputsOf(flags, workflow), options }
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

export function folderOf(flag: string, written: string): string {
  if (statSync(written, { throwIfNoEntry: false })?.isDirectory()) return resolve(written)
  throw misuse('read', `--${flag}`, `there is no folder ${resolve(written)}`, 'Correct the path.')
}

/** Fields of credentials that are secrets; the others are said in a configuration. */
const FIELDS = [
  ...(['key', 'token', 'username', 'password', 'clientId', 'clientSecret', 'cert', 'passphrase', 'ca'] as const),
] satisfies readonly (keyof Credentials)[]
type Field = (typeof FIELDS)[number]

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
    const refuse = (found: string) => misuse('read', '--security-env', `"${text}" ${found}`, FORM)
    if (source === '' || scheme === '' || env === '') throw refuse('names no source, scheme or variable')
    if (field !== undefined && !isField(field)) throw refuse(`names an unknown field (known: ${FIELDS.join(', ')})`)
    const before = security[source]?.[scheme] as object | undefined
    if (before !== undefined && (field === undefined || 'env' in before || field in before))
      throw refuse('says again what was said before')
    const credentials: Secret | Credentials =
      field === undefined ? { env } : ({ ...before, [field]: { env } } as Credentials)
    security[source] = { ...security[source], [scheme]: credentials }
  }
  return written.length === 0 ? {} : { security }
}

const isField = (text: string): text is Field => (FIELDS as readonly string[]).includes(text)
