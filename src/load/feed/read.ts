import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import type { JsonSchema, Workflow } from '../../document/model.ts'
import { bounded } from '../../expression/bounded.ts'
import { ArazzoError, type Problem, shortPath } from '../../ground/errors.ts'
import { failed, failure } from '../../ground/fault.ts'
import { Fields, type OptionFault } from '../../ground/fields.ts'
import { exactNumber, parseJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import { inputProblems, prepareInputs, withDefaults } from '../../workflow/inputs.ts'
import type { FeedPlan, Supplied, ThreadQuery } from './feed.ts'
import {
  checkRowFile,
  feedOf,
  type InputFeed,
  type InputFunction,
  type InputRow,
  type InputSource,
  inTurns,
  isChanging,
  isSource,
  pathOf,
  propertiesOf,
  type RunContext,
} from './source.ts'

/** Faults of a feed as written, except its rows. */
export function feedFaults(workflow: Workflow, source: InputSource | undefined, name = 'inputs'): OptionFault[] {
  const faults: OptionFault[] = []
  const feed = feedOf(workflow, source)
  if (!isSource(source))
    new Fields({}, name, faults).fault('', `${show(source)} is not an object of inputs`, 'Write names and values.')
  if (!isChanging(feed)) return faults
  const fields = new Fields(feed, name, faults)
  fields.checkKeys(['rows', 'order', 'per'])
  if (fields.has('rows') || faults.length === 0) checkRows(fields)
  fields.word('order', ['sequential', 'random', 'unique'], 'sequential')
  fields.word('per', ['iteration', 'vu'], 'iteration')
  if (typeof feed.rows === 'function') fields.notWith('a function, which decides itself', ['order'])
  return faults
}

function checkRows(fields: Fields): void {
  const rows = fields.get('rows')
  if (typeof rows === 'string' || rows instanceof URL) checkRowFile(fields, rows)
  else if (!Array.isArray(rows) && typeof rows !== 'function')
    fields.fault('rows', `${show(rows)} is not a file, a list or a function`)
}

/**
 * Reads inputs for load, which have no faults. `constants` are those of the source, resolved. Throws ArazzoError for a
 * file that cannot be read, for rows that do not fit the workflow, and for fewer rows than users.
 *
 * @param users virtual users that are all there, each of which needs inputs of its own; undefined where it is not known
 * how many will be.
 */
export function readFeed(
  workflow: Workflow,
  source: InputSource | undefined,
  constants: InputRow,
  users?: number,
): { plan: FeedPlan; call?: InputFunction } {
  const feed = feedOf(workflow, source)
  if (!isChanging(feed)) return { plan: { kind: 'fixed', inputs: prepareInputs(workflow, constants) } }
  const { rows: written, per = 'iteration', order = 'sequential' } = feed
  if (typeof written === 'function') return { plan: { kind: 'called', per }, call: written }
  const rows = readRows(written!, workflow, constants)
  const plan: FeedPlan = { kind: 'rows', rows, per, order }
  if (users !== undefined) requireRows(workflow, plan, users)
  return { plan }
}

function requireRows(workflow: Workflow, plan: FeedPlan & { kind: 'rows' }, users: number): void {
  if (plan.per !== 'vu' || plan.order !== 'unique' || plan.rows.length >= users) return
  const message = `Failed to read inputs: there are ${plan.rows.length} rows for ${users} virtual users.`
  const hint = 'Add rows, ask for fewer users, or let them share rows (order: sequential).'
  throw new ArazzoError([problemOf(workflow, message, hint)])
}

/** Calls of the function at once. */
const AT_ONCE = 8
/** Maximum time for calls that begin together, before their thread is interrupted. */
const LONGEST: Milliseconds = 5_000
/** How long they may wait until they come back: a load that waits for its first inputs has no end of its own yet. */
const PATIENCE: Milliseconds = 60_000

export type InputCaller = ReturnType<typeof inputCaller>

/**
 * Calls the function that makes inputs, and checks its results. Rows go to the first request.
 *
 * @param of argument of its calls, without the user.
 */
export function inputCaller(
  call: InputFunction,
  workflow: Workflow,
  constants: InputRow,
  clock: Clock = realClock,
  of: Omit<RunContext, 'user'> = { signal: new AbortController().signal },
) {
  /** Made before anybody asked for them. */
  const ready: InputRow[] = []
  const turns = inTurns(AT_ONCE)
  let [calls, isLast] = [0, false]
  let turn: Promise<unknown> = Promise.resolve()
  /** Inputs of the first user, until that asks for them. */
  let ofFirst: InputRow | undefined

  const rowOf = async (made: Promise<unknown>, n: number): Promise<InputRow | undefined> => {
    const values = await made
    if (values === undefined || values === null) return undefined
    const place = `what call ${n} of the inputs function gave`
    const { inputs, problems } = completeRow(workflow, constants, values, place)
    if (problems.length > 0) throw new ArazzoError(problems)
    return inputs
  }
  const callFor = (user: number): Promise<InputRow | undefined> => {
    const [begun] = beginCalls(call, user, 1, { ...of, user })
    return inTime(clock, rowOf(begun!, user), user)
  }
  const makeRows = async (count: number): Promise<{ rows: InputRow[]; isLast: boolean }> => {
    const rows = ready.splice(0)
    while (rows.length < count && !isLast) {
      const first = calls
      calls += Math.min(AT_ONCE, count - rows.length)
      const begun = beginCalls(call, first, calls - first, of).map((one, i) => rowOf(one, first + i))
      const made = await inTime(clock, Promise.all(begun), first)
      const end = made.indexOf(undefined)
      isLast = end >= 0
      rows.push(...(made.slice(0, end < 0 ? undefined : end) as InputRow[]))
    }
    return { rows, isLast }
  }
  /** Gives as many rows, or fewer and `isLast`. Rejects when the function does, or returns something else. */
  const next = (count: number) => {
    const rows = turn.then(() => makeRows(count))
    turn = rows.catch(() => {})
    return rows
  }
  return {
    next,
    /**
     * Makes the first row, so that a function that cannot work is known before anything runs.
     *
     * @param per whom rows are for.
     */
    async open(per: 'iteration' | 'vu' = 'iteration'): Promise<void> {
      if (per === 'vu') ofFirst = await callFor(0)
      else ready.push(...(await next(1)).rows)
      if (ofFirst !== undefined || ready.length > 0) return
      throw failure('feed', 'inputs', 'the function had none', 'Let it return names and values.')
    },
    /** Makes the inputs of a virtual user; undefined if there are no more. Rejects like `next`. */
    async forUser(user: number): Promise<InputRow | undefined> {
      const made = user === 0 ? ofFirst : undefined
      if (made === undefined) return turns(() => callFor(user))
      ofFirst = undefined
      return made
    },
  }
}

function inTime<T>(clock: Clock, made: Promise<T>, first: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(PATIENCE, () => {
      const found = `calls of the function from ${first} on have not come back within ${formatMs(PATIENCE)}`
      reject(failure('feed', 'inputs', found, 'Look what it waits for.'))
    })
    made.then(resolve, reject).finally(callOff)
  })
}

/** Makes calls at once. A loop without end within them is broken off; nothing else of this thread turns meanwhile. */
function beginCalls(call: InputFunction, first: number, count: number, context: RunContext): Promise<unknown>[] {
  const begun: Promise<unknown>[] = []
  const begin = () => {
    while (begun.length < count) begun.push(settled(call, first + begun.length, context))
  }
  try {
    bounded(begin, LONGEST)
    return begun
  } catch (cause) {
    for (const one of begun) one.catch(() => {})
    const found = `call ${first + begun.length} of the function kept its thread busy for ${formatMs(LONGEST)}`
    const advice = 'Look for a loop without end in it, or let it wait with `await`.'
    throw failure('feed', 'inputs', found, advice, { cause })
  }
}

/** Result of a function, also if it throws synchronously. The thrown value need not be an error. */
async function settled(call: InputFunction, n: number, context: RunContext): Promise<unknown> {
  try {
    return await call(n, context)
  } catch (error) {
    if (error instanceof Error) throw error
    throw failure('feed', 'inputs', `call ${n} of the function threw ${show(error)}`, 'Let it throw an Error.')
  }
}

/** A row of inputs, and where it stands. */
interface Row {
  values: unknown
  /** Line in a file of lines, from 1. */
  line?: number
}

/** A file or a list of rows. */
type RowSource = Exclude<InputFeed['rows'], InputFunction>

/** Problems are of the first rows that have any: a column that is wrong is wrong in all of them. */
const MOST_ROWS_TOLD = 5

/**
 * The rows of a file or a list, each with the constants and the schema's defaults. Throws ArazzoError for a file that
 * cannot be read, and for rows that are not valid inputs of the workflow.
 */
function readRows(source: RowSource, workflow: Workflow, constants: InputRow): InputRow[] {
  const { name, rows } = readRawRows(source, workflow)
  if (rows.length === 0)
    throw new ArazzoError([problemOf(workflow, failed('read', name, 'it has no rows'), 'Add some.')])
  const told: Problem[] = []
  let [wrong, number] = [0, 0]
  const complete = rows.map(({ values, line }) => {
    const place = line === undefined ? `row ${++number} of ${name}` : `${name}:${line}`
    const { inputs, problems } = completeRow(workflow, constants, values, place)
    if (problems.length > 0 && ++wrong <= MOST_ROWS_TOLD) told.push(...problems)
    return inputs
  })
  if (wrong > MOST_ROWS_TOLD) {
    const found = `${wrong} of ${rows.length} rows are not valid inputs of workflow "${workflow.workflowId}"`
    told.push(problemOf(workflow, failed('read', name, found), 'The first five are listed.'))
  }
  if (told.length > 0) throw new ArazzoError(told)
  return complete
}

/** Row with the constants and the schema's defaults, and its faults. */
function completeRow(workflow: Workflow, constants: InputRow, values: unknown, place: string) {
  if (!isObject(values)) {
    const message = failed('read', place, `${show(values)} is not an object`)
    return { inputs: constants, problems: [problemOf(workflow, message, 'Write names and values.')] }
  }
  const inputs = withDefaults(workflow.inputs, { ...constants, ...values })
  return { inputs, problems: inputProblems(workflow, inputs, { verb: 'read', thing: place }) }
}

/**
 * The rows as they stand in the list or file, of which nothing has been checked. Throws ArazzoError for a file that
 * cannot be read.
 */
export function readRawRows(source: RowSource, of: Pick<Workflow, 'inputs' | 'at'>): { name: string; rows: Row[] } {
  if (typeof source !== 'string' && !(source instanceof URL))
    return { name: 'inputs', rows: source.map(values => ({ values })) }
  const path = pathOf(source)
  const name = shortPath(path)
  try {
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
    if (/\.[ct]sv$/i.test(path)) return { name, rows: readCsv(text, of.inputs) }
    return { name, rows: /\.jsonl$/i.test(path) ? readLines(text) : readJson(text) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'there is no such file' : message
    throw new ArazzoError([problemOf(of, failed('read', name, found), 'Correct the file, or its path.')])
  }
}

function readJson(text: string): Row[] {
  const list = parsed(text, 'it')
  if (Array.isArray(list)) return list.map(values => ({ values }))
  throw new Error(`it is ${show(list)}, and not a list of objects`)
}

function readLines(text: string): Row[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return []
    return [{ values: parsed(line, `line ${index + 1}`), line: index + 1 }]
  })
}

/** Node's own message shows some of the text, which may be a password. */
function parsed(text: string, what: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new Error(`${what} is not JSON`)
  }
}

/**
 * It has the place of the workflow, and not that of the row: the lines around a problem are shown, and rows may hold
 * passwords.
 */
function problemOf({ at }: Pick<Workflow, 'at'>, message: string, hint: string): Problem {
  return { code: 'invalid-input', severity: 'error', message, at, hint }
}

/**
 * Rows of CSV text whose first line names the columns. Throws an Error that says what is wrong, without the file's
 * name.
 */
function readCsv(text: string, schema: JsonSchema | undefined): Row[] {
  const properties = propertiesOf(schema)
  try {
    const records: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      columns: (names: string[]) => names.map(name => name.trim()),
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      skip_empty_lines: true,
    })
    return records.map(({ record, info }) => ({ line: info.lines, values: typed(record, properties) }))
  } catch (error) {
    // Messages of csv-parse end with the value, which may be a password.
    if (error instanceof CsvError) throw new Error(error.message.replace(/, value is .*/s, ''))
    throw error
  }
}

const DELIMITERS = [',', ';', '\t'] as const

/** The character between cells: the one that the header has most of, outside of quotes. */
function delimiterOf(text: string): string {
  const [header = ''] = /(?:"[^"]*"|[^"\r\n])+/.exec(text) ?? []
  const names = header.replace(/"[^"]*"/g, '')
  const counts = DELIMITERS.map(one => names.split(one).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}

function typed(record: Record<string, string>, properties: Record<string, JsonSchema>) {
  const values = Object.entries(record).flatMap(([name, cell]) => {
    const value = typedCell(cell, typesOf(properties[name]))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function typesOf(schema: JsonSchema | undefined): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null || schema.type === undefined) return ['string']
  return Array.isArray(schema.type) ? schema.type : [schema.type]
}

/**
 * A cell as its column's type has it. What cannot be that stays text, for the schema to refuse. An empty cell is no
 * text where text is not allowed: it is null where that is, and else no value at all.
 */
function typedCell(cell: string, types: readonly unknown[]): unknown {
  const text = cell.trim()
  if (text === '' && !types.includes('string')) return types.includes('null') ? null : undefined
  const isNumber = types.includes('number') || types.includes('integer')
  if (isNumber && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return exactNumber(text)
  if (types.includes('boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if ((types.includes('object') && text.startsWith('{')) || (types.includes('array') && text.startsWith('[')))
    return tried(() => parseJson(text)) ?? cell
  return cell
}

/** Source of requested inputs. */
export type Supplier = Pick<InputCaller, 'next' | 'forUser'>

/**
 * Makes the inputs that a thread requests, and sends them to it. Never rejects.
 *
 * @param send throws for values that cannot be sent to another thread, such as functions.
 * @param onFault receives the reason without inputs; the thread then gets the last of them.
 */
export async function supply(
  from: Supplier,
  query: ThreadQuery,
  send: (supplied: Supplied) => void,
  onFault: (error: Error) => void,
): Promise<void> {
  try {
    send(await suppliedBy(from, query))
  } catch (error) {
    onFault(faultOf(error))
    send(
      query.type === 'need rows'
        ? { type: 'rows', rows: [], isLast: true }
        : { type: 'row', user: query.user, row: undefined },
    )
  }
}

async function suppliedBy(from: Supplier, query: ThreadQuery): Promise<Supplied> {
  if (query.type === 'need rows') return { type: 'rows', ...(await from.next(query.rows)) }
  const { user } = query
  return { type: 'row', user, row: await from.forUser(user) }
}

function faultOf(error: unknown): Error {
  if (!(error instanceof Error) || error.name !== 'DataCloneError') return error as Error
  return failure('feed', 'inputs', error.message.replace(/\.$/, ''), 'Let the function return plain data.')
}
