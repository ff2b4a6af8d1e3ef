import type { ArazzoDocument } from '../document/model.ts'
import { checkReadOptions, READ_KEYS } from '../document/read-options.ts'
import { suggestion } from '../ground/errors.ts'
import { Fields, fieldsOf, isText, keysOf, type OptionFault } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { PROTOCOLS } from '../http/transport.ts'
import { connectedBy } from './channel/connect.ts'
import type { ChannelsOption } from './channel/transport.ts'
import { CHECK_MODES } from './checks/check-rule.ts'
import { CONDUCT, type ConductKey } from './conduct.ts'
import type { RunOptions, WorkflowRef } from './functional.ts'
import { checkSecurity } from './security/options.ts'

const OF_RUNS = { servers: true, secretInputs: true, channels: true, inputs: true, signal: true, clock: true } as const
const RUN_KEYS = [...keysOf<Omit<RunOptions, ConductKey>>(OF_RUNS), ...CONDUCT]
const REF_KEYS = keysOf<Exclude<WorkflowRef, string>>({ document: true, workflowId: true })

/** Faults of the options of `runWorkflow`. */
export function runOptionFaults(
  ref: unknown,
  options: unknown,
  unknownHere: readonly string[] = [],
): readonly OptionFault[] {
  const fields = fieldsOf(options, "Write an object: { servers: 'http://127.0.0.1:3000' }.")
  fields.checkKeys([...RUN_KEYS, ...READ_KEYS].filter(key => !unknownHere.includes(key)))
  checkRef(ref, fields)
  checkConduct(fields)
  checkReadOptions(fields)
  if (fields.has('inputs')) fields.within('inputs', "Write an object: { username: 'demo' }.")
  return fields.faults
}

/** Checks a reference to a workflow, except its target. */
export function checkRef(ref: unknown, { faults }: Fields): void {
  if (typeof ref === 'string') return
  const advice = "Write './shop.arazzo.yaml#checkout', or { document, workflowId }."
  const around = new Fields({ workflow: ref }, '', faults)
  if (!around.has('workflow')) return around.fault('workflow', 'it is missing', advice)
  const own = around.within('workflow', advice)
  if (own === undefined) return
  own.checkKeys(REF_KEYS)
  if (!own.has('document')) own.fault('', 'it has no document', advice)
  own.expect('document', value => isText(value) || value instanceof URL, 'Write a path or a file URL.')
  own.expect('workflowId', isText, 'Write its workflowId.')
}

/** Whether a fault concerns access to the document, as in `read`, which held `sources`: no more can be checked then. */
export function isOfReading({ path }: OptionFault): boolean {
  return /^\/(workflow|sources|severities|read|options)(\/|$)/.test(path)
}

/** Checks how requests are made and responses judged: what runs of either kind take. */
export function checkConduct(fields: Fields): void {
  fields.expectTexts('servers', "Write a URL, or one for each source: { shop: 'http://127.0.0.1:3000' }.")
  fields.word('checks', CHECK_MODES, 'error')
  fields.flag('followRedirects')
  fields.flag('traceparent')
  if (fields.has('protocol')) fields.word('protocol', PROTOCOLS, 'h1')
  if (fields.has('requestTimeout')) fields.length('requestTimeout', 0)
  fields.expect('ca', isText, 'Write the path of a PEM file, or its text.')
  checkSecurity(fields)
}

/**
 * Names that nearly match sources of the document, or of one that it refers to: their values would not be used. Other
 * names may belong to other documents with the same options.
 */
export function sourceFaults(
  document: ArazzoDocument,
  { servers, security, channels }: { servers?: unknown; security?: unknown; channels?: ChannelsOption },
): OptionFault[] {
  const known = sourcesOf(document)
  const connected = connectedBy(channels)
  const given: Record<string, readonly string[]> = {
    servers: isObject(servers) ? Object.keys(servers) : [],
    security: isObject(security) ? Object.keys(security) : [],
    channels: Array.isArray(connected) ? connected : [],
  }
  const faults: OptionFault[] = []
  for (const [option, names] of Object.entries(given)) {
    const fields = new Fields({}, option, faults, `/${option}`)
    for (const name of names) {
      if (known.has(name)) continue
      const meant = suggestion(name, known)
      if (meant !== undefined) fields.fault(name, 'the document has no such source', meant)
    }
  }
  return faults
}

/** Names of its sources, and of those of the documents that it refers to. */
export function sourcesOf(document: ArazzoDocument, seen = new Set<ArazzoDocument>()): Set<string> {
  seen.add(document)
  const names = new Set(Object.keys(document.sources))
  for (const source of Object.values(document.sources)) {
    if (source.type !== 'arazzo' || seen.has(source.arazzo)) continue
    for (const name of sourcesOf(source.arazzo, seen)) names.add(name)
  }
  return names
}
