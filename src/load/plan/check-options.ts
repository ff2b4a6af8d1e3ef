import { checkReadOptions } from '../../document/read-options.ts'
import { Fields, fieldsOf, GLOBS, isGlobs, isText, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { checkConnections } from '../../http/transport-options.ts'
import { checkConduct, checkRef } from '../../workflow/check-options.ts'
import { CONDUCT, type ConductKey } from '../../workflow/conduct.ts'
import { checkAgents } from './agents.ts'
import type { LoadOptions } from './options.ts'
import { SHAPE_KEYS } from './shape.ts'
import { TRANSPORTS } from './transport-choice.ts'

const readElsewhere = () => {}

/** Checks of the options that are not of all runs, each of which reports its faults. */
const CHECKS: { readonly [Key in Exclude<keyof LoadOptions, ConductKey>]-?: (fields: Fields) => void } = {
  workflow: fields => checkRef(fields.get('workflow'), fields),
  load: readElsewhere,
  budgets: readElsewhere,
  inputs: readElsewhere,
  setup: readElsewhere,
  teardown: readElsewhere,
  servers: readElsewhere,
  target: readElsewhere,
  targets: readElsewhere,
  transport: fields => fields.word('transport', TRANSPORTS, 'auto'),
  connections(fields) {
    const connections = fields.has('connections') && fields.within('connections', 'Write an object: { max: 64 }.')
    if (connections) checkConnections(connections)
  },
  channels: readElsewhere,
  allowHosts(fields) {
    const isList = (value: unknown) => Array.isArray(value) && value.every(isText)
    fields.expect('allowHosts', isList, "Write a list of host names: ['staging.example.com'].")
  },
  agents: fields => fields.has('agents') && checkAgents(fields),
  metrics: readElsewhere,
  affected: fields => fields.expect('affected', isGlobs, GLOBS),
  onInconclusive: fields => fields.word('onInconclusive', ['fail', 'warn', 'skip'], 'fail'),
  signal: readElsewhere,
  onProgress: fields => fields.expect('onProgress', value => typeof value === 'function', 'Write a function.'),
  sources: checkReadOptions,
  severities: readElsewhere,
}

export const LOAD_KEYS: readonly string[] = [...Object.keys(CHECKS), ...CONDUCT]

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
  for (const check of Object.values(CHECKS)) check(fields)
  checkConduct(fields)
  return fields.faults
}

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
