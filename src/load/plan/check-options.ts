import { fieldsOf, isText, keysOf, type OptionFault } from '../../ground/fields.ts'
import { checkTransportOptions } from '../../http/transport-options.ts'
import { checkConduct, checkRead, checkRef } from '../../workflow/check-options.ts'
import type { LoadOptions } from './options.ts'
import { TRANSPORTS } from './transport-choice.ts'

export const LOAD_KEYS = keysOf<LoadOptions>({
  workflow: true,
  load: true,
  budgets: true,
  inputs: true,
  setup: true,
  teardown: true,
  servers: true,
  checks: true,
  security: true,
  files: true,
  followRedirects: true,
  target: true,
  targets: true,
  transport: true,
  connections: true,
  channels: true,
  allowHosts: true,
  metrics: true,
  onInconclusive: true,
  maxVisits: true,
  maxRetryAfter: true,
  signal: true,
  onProgress: true,
  read: true,
})

/**
 * What is wrong with the options of a load: keys that there are not, and values that nobody else reads. Shape, budgets,
 * inputs, targets and metrics have readers of their own.
 *
 * @param unknownHere keys that the caller does not take.
 */
export function loadOptionFaults(options: unknown, unknownHere: readonly string[] = []): readonly OptionFault[] {
  const fields = fieldsOf(options, "Write an object: { workflow: './shop.arazzo.yaml#checkout', load }.")
  fields.checkKeys(LOAD_KEYS.filter(key => !unknownHere.includes(key)))
  checkRef(fields.get('workflow'), fields)
  checkConduct(fields)
  checkRead(fields)
  if (fields.has('transport')) fields.word('transport', TRANSPORTS, 'auto')
  if (fields.has('onInconclusive')) fields.word('onInconclusive', ['fail', 'warn', 'skip'], 'fail')
  const isList = (value: unknown) => Array.isArray(value) && value.every(isText)
  fields.expect('allowHosts', isList, "Write a list of host names: ['staging.example.com'].")
  fields.expect('onProgress', value => typeof value === 'function', 'Write a function.')
  if (!fields.has('connections')) return fields.faults
  const connections = fields.within('connections', 'Write an object: { connections: 64 }.')
  if (connections) checkTransportOptions(connections)
  return fields.faults
}
