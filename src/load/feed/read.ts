import type { Workflow } from '../../document/model.ts'
import { ArazzoError } from '../../ground/errors.ts'
import { Fields, type OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { prepareInputs } from '../../workflow/inputs.ts'
import { readRows } from './caller.ts'
import type { FeedPlan } from './feed.ts'
import { feedOf, type InputFunction, type InputRow, type InputSource, SOURCES } from './source.ts'

interface ReadFeed {
  plan: FeedPlan
  /** Function of a `called` feed. */
  call?: InputFunction
}

const OPTIONS = ['order', 'per', 'whenExhausted', 'constants']

/** Faults of a feed as written, except its rows. */
export function feedFaults(workflow: Workflow, source: InputSource | undefined, name = 'inputs'): OptionFault[] {
  const faults: OptionFault[] = []
  const feed = feedOf(workflow, source)
  if (feed === undefined) {
    if (source !== undefined && !isObject(source))
      new Fields({}, name, faults).fault('', `${show(source)} is not an object of inputs`, 'Write names and values.')
    return faults
  }
  const fields = new Fields(feed, name, faults)
  fields.checkKeys([...SOURCES, 'delimiter', ...OPTIONS])
  const [first, ...others] = SOURCES.filter(key => fields.has(key))
  for (const other of others) fields.fault(other, `${first} is given too`, 'Remove one.')
  if (first !== undefined) checkSource(fields, first)
  if (first !== 'csv') fields.notWith(`${first}, which has no cells`, ['delimiter'])
  const order = fields.word('order', ['sequential', 'random', 'unique'], 'sequential')
  fields.word('per', ['iteration', 'vu'], 'iteration')
  const whenExhausted = fields.word('whenExhausted', ['wrap', 'stop', 'error'], 'stop')
  const isWrapped = fields.has('whenExhausted') && whenExhausted === 'wrap'
  if (first === 'call') {
    fields.notWith('call, which decides itself', ['order'])
    if (isWrapped) fields.fault('whenExhausted', 'a function cannot begin again', 'Write stop or error.')
  } else if (order === 'random') fields.notWith('random, which never comes to an end', ['whenExhausted'])
  else if (order === 'unique' && isWrapped)
    fields.fault('whenExhausted', 'unique rows are used once', 'Write stop or error, or order: sequential.')
  if (fields.has('constants')) fields.within('constants', 'Write names and values.')
  return faults
}

function checkSource(fields: Fields, key: (typeof SOURCES)[number]): void {
  const value = fields.get(key)
  if (key === 'rows' && !Array.isArray(value)) fields.fault(key, `${show(value)} is not a list`)
  else if (key === 'call' && typeof value !== 'function') fields.fault(key, `${show(value)} is not a function`)
  else if (!['rows', 'call'].includes(key) && !(typeof value === 'string' || value instanceof URL))
    fields.fault(key, `${show(value)} is not a path`)
}

/**
 * Reads inputs for load, which have no faults. `constants` are the source's, resolved. Throws ArazzoError for a file
 * that cannot be read, for rows that do not fit the workflow, and for fewer rows than users.
 *
 * @param users virtual users that are all there, each of which needs inputs of its own; undefined where it is not known
 * how many will be.
 */
export function readFeed(
  workflow: Workflow,
  source: InputSource | undefined,
  constants: InputRow,
  users?: number,
): ReadFeed {
  const feed = feedOf(workflow, source)
  if (feed === undefined) return { plan: { kind: 'fixed', inputs: prepareInputs(workflow, constants) } }
  const { per = 'iteration', order = 'sequential', call } = feed
  if (call) return { plan: { kind: 'called', per, whenExhausted: feed.whenExhausted ?? 'stop' }, call }
  const rows = readRows(feed, workflow, constants)
  const whenExhausted = feed.whenExhausted ?? (order === 'unique' ? 'stop' : 'wrap')
  const plan: FeedPlan = { kind: 'rows', rows, per, order, whenExhausted }
  if (users !== undefined) requireRows(workflow, plan, users)
  return { plan }
}

function requireRows(workflow: Workflow, plan: FeedPlan & { kind: 'rows' }, users: number): void {
  const isShort = plan.per === 'vu' && plan.whenExhausted !== 'wrap' && plan.order !== 'random'
  if (!isShort || plan.rows.length >= users) return
  const message = `Failed to read inputs: there are ${plan.rows.length} rows for ${users} virtual users.`
  const hint = 'Add rows, ask for fewer users, or let them share rows (order: sequential).'
  throw new ArazzoError([{ code: 'invalid-input', severity: 'error', message, at: workflow.at, hint }])
}
