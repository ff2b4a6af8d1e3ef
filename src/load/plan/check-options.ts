import { Fields, fieldsOf, isText, keysOf, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { checkConnections } from '../../http/transport-options.ts'
import { checkConduct, checkRead, checkRef } from '../../workflow/check-options.ts'
import { CONDUCT, type ConductKey } from '../../workflow/conduct.ts'
import { checkAgents } from './agents.ts'
import type { LoadOptions } from './options.ts'
import { SHAPE_KEYS } from './shape.ts'
import { TRANSPORTS } from './transport-choice.ts'

export const LOAD_KEYS: readonly string[] = [
  ...keysOf<Omit<LoadOptions, ConductKey>>({
    workflow: true,
    load: true,
    budgets: true,
    inputs: true,
    setup: true,
    teardown: true,
    servers: true,
    target: true,
    targets: true,
    transport: true,
    connections: true,
    channels: true,
    allowHosts: true,
    agents: true,
    metrics: true,
    affected: true,
    onInconclusive: true,
    signal: true,
    onProgress: true,
    read: true,
  }),
  ...CONDUCT,
]

/**
 * Faults of the options of a load: unknown keys, and values without a reader of their own. Shape, budgets, inputs,
 * targets and metrics are read elsewhere.
 *
 * @param unknownHere keys that the caller does not accept.
 */
export function loadOptionFaults(options: unknown, unknownHere: readonly string[] = []): readonly OptionFault[] {
  const fields = fieldsOf(options, "Write an object: { workflow: './shop.arazzo.yaml#checkout', load }.")
  const known = LOAD_KEYS.filter(key => !unknownHere.includes(key))
  const adviceFor = (key: string) => (SHAPE_KEYS.includes(key) ? `Write it in load: { ${key} }.` : undefined)
  fields.checkKeys(known, known, undefined, adviceFor)
  checkRef(fields.get('workflow'), fields)
  checkConduct(fields)
  checkRead(fields)
  if (fields.has('transport')) fields.word('transport', TRANSPORTS, 'auto')
  if (fields.has('onInconclusive')) fields.word('onInconclusive', ['fail', 'warn', 'skip'], 'fail')
  const isList = (value: unknown) => Array.isArray(value) && value.every(isText)
  fields.expect('allowHosts', isList, "Write a list of host names: ['staging.example.com'].")
  fields.expect('affected', isGlobs, GLOBS)
  if (fields.has('agents')) checkAgents(fields)
  fields.expect('onProgress', value => typeof value === 'function', 'Write a function.')
  if (!fields.has('connections')) return fields.faults
  const connections = fields.within('connections', 'Write an object: { max: 64 }.')
  if (connections) checkConnections(connections)
  return fields.faults
}

/** Whether a value is globs of which one at least is not left out. */
export const isGlobs = (value: unknown): boolean =>
  Array.isArray(value) && value.every(isText) && value.some(glob => !glob.startsWith('!'))

/** Advice on what `isGlobs` refuses. */
export const GLOBS = "Write a list of globs: ['src/**', 'package-lock.json']."

/** Faults of combined options: an HTTP/1.1 transport with HTTP/2, or agents with options for a single process. */
export function faultsTogether({ transport, protocol, agents, budgets }: LoadOptions): OptionFault[] {
  const fields = new Fields({}, '')
  if (agents !== undefined && isObject(budgets) && budgets.generator !== undefined)
    fields.fault(
      'agents',
      'what a generator uses is measured in this process, where no load runs',
      'Leave budgets.generator out.',
    )
  if (protocol === 'h2' && (transport === 'wire' || transport === 'undici')) {
    const found = `"${transport}" speaks HTTP/1.1 only, and protocol is "h2"`
    fields.fault('transport', found, "Leave transport out, or write protocol: 'h1'.")
  }
  return fields.faults
}
