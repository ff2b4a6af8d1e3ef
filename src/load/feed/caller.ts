import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import type { JsonSchema, Workflow } from '../../document/model.ts'
import { bounded } from '../../expression/bounded.ts'
import { ArazzoError, type Problem, shortPath } from '../../ground/errors.ts'
import { failed, failure } from '../../ground/fault.ts'
import { exactNumber, parseJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import { inputProblems, withDefaults } from '../../workflow/inputs.ts'
import {
  type InputFeed,
  type InputFunction,
  type InputRow,
  pathOf,
  propertiesOf,
  type RunContext,
  Turns,
} from './source.ts'

/** Calls of the function at once. */
const AT_ONCE = 8
/** Maximum time for calls that begin together, before their thread is interrupted. */
const LONGEST: Milliseconds = 5_000
/** How long they may wait until they come back: a load that waits for its first inputs has no end of its own yet. */
const PATIENCE: Milliseconds = 60_000

type Around = Omit<RunContext, 'user'>

/** Calls the function that makes inputs, and checks its results. Rows go to the first request. */
export class InputCaller {
  readonly #call: InputFunction
  readonly #workflow: Workflow
  readonly #constants: InputRow
  /** Made before anybody asked for them. */
  readonly #ready: InputRow[] = []
  #calls = 0
  #isLast = false
  #turn: Promise<unknown> = Promise.resolve()
  readonly #clock: Clock
  readonly #context: Around
  readonly #turns = new Turns(AT_ONCE)
  /** Inputs of the first user, until that asks for them. */
  #ofFirst: InputRow | undefined

  /** @param context argument of its calls, without the user. */
  constructor(
    call: InputFunction,
    workflow: Workflow,
    constants: InputRow,
    clock: Clock = realClock,
    context: Around = { signal: new AbortController().signal },
  ) {
    this.#clock = clock
    this.#call = call
    this.#workflow = workflow
    this.#constants = constants
    this.#context = context
  }

  /**
   * Makes the first row, so that a function that cannot work is known before anything runs.
   *
   * @param per whom rows are for.
   */
  async open(per: 'iteration' | 'vu' = 'iteration'): Promise<void> {
    if (per === 'vu') this.#ofFirst = await this.#forUser(0)
    else this.#ready.push(...(await this.next(1)).rows)
    if (this.#ofFirst !== undefined || this.#ready.length > 0) return
    throw failure('feed', 'inputs', 'the function had none', 'Let it return names and values.')
  }

  /** Makes the inputs of a virtual user; undefined if there are no more. Rejects like `next`. */
  async forUser(user: number): Promise<InputRow | undefined> {
    const made = user === 0 ? this.#ofFirst : undefined
    if (made === undefined) return this.#turns.take(() => this.#forUser(user))
    this.#ofFirst = undefined
    return made
  }

  #forUser(user: number): Promise<InputRow | undefined> {
    const [begun] = this.#begin(user, 1, user)
    return this.#inTime(this.#rowOf(begun!, user), user)
  }

  #inTime<T>(made: Promise<T>, first: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const callOff = this.#clock.after(PATIENCE, () => {
        const found = `calls of the function from ${first} on have not come back within ${formatMs(PATIENCE)}`
        reject(failure('feed', 'inputs', found, 'Look what it waits for.'))
      })
      made.then(resolve, reject).finally(callOff)
    })
  }

  /**
   * Gives as many rows, or fewer and `isLast`. Rejects when the function does, or returns something other than inputs.
   */
  next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const turn = this.#turn.then(() => this.#next(count))
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #next(count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const rows = this.#ready.splice(0)
    while (rows.length < count && !this.#isLast) {
      const calls = Math.min(AT_ONCE, count - rows.length)
      const first = this.#calls
      this.#calls += calls
      const begun = this.#begin(first, calls).map((one, i) => this.#rowOf(one, first + i))
      const made = await this.#inTime(Promise.all(begun), first)
      const end = made.indexOf(undefined)
      this.#isLast = end >= 0
      rows.push(...(made.slice(0, end < 0 ? undefined : end) as InputRow[]))
    }
    return { rows, isLast: this.#isLast }
  }

  /** Makes calls at once. A loop without end within them is broken off; nothing else of this thread turns meanwhile. */
  #begin(first: number, calls: number, user?: number): Promise<unknown>[] {
    const context: RunContext = { ...this.#context, user }
    const begun: Promise<unknown>[] = []
    const begin = () => {
      while (begun.length < calls) begun.push(settled(this.#call, first + begun.length, context))
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

  async #rowOf(made: Promise<unknown>, n: number): Promise<InputRow | undefined> {
    const values = await made
    if (values === undefined || values === null) return undefined
    const place = `what call ${n} of the inputs function gave`
    const { inputs, problems } = completeRow(this.#workflow, this.#constants, values, place)
    if (problems.length > 0) throw new ArazzoError(problems)
    return inputs
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

/** Problems are of the first rows that have any: a column that is wrong is wrong in all of them. */
const MOST_ROWS_TOLD = 5

/**
 * The rows of a file or a list, each with the constants and the schema's defaults. Throws ArazzoError for a file that
 * cannot be read, and for rows that are not valid inputs of the workflow.
 */
export function readRows(feed: InputFeed, workflow: Workflow, constants: InputRow): InputRow[] {
  const { name, rows } = readRawRows(feed, workflow)
  if (rows.length === 0) throw faults(workflow, [[failed('read', name, 'it has no rows'), 'Add some.']])
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
    told.push(...faults(workflow, [[failed('read', name, found), 'The first five are listed.']]).problems)
  }
  if (told.length > 0) throw new ArazzoError(told)
  return complete
}

/** Row with the constants and the schema's defaults, and its faults. */
function completeRow(workflow: Workflow, constants: InputRow, values: unknown, place: string) {
  if (!isObject(values)) {
    const { problems } = faults(workflow, [
      [failed('read', place, `${show(values)} is not an object`), 'Write names and values.'],
    ])
    return { inputs: constants, problems }
  }
  const inputs = withDefaults(workflow.inputs, { ...constants, ...values })
  return { inputs, problems: inputProblems(workflow, inputs, { verb: 'read', thing: place }) }
}

/**
 * The rows as they stand in the list or file, of which nothing has been checked. Throws ArazzoError for a file that
 * cannot be read.
 */
export function readRawRows(feed: InputFeed, workflow: Workflow): { name: string; rows: Row[] } {
  if (feed.rows !== undefined) return { name: 'inputs', rows: feed.rows.map(values => ({ values })) }
  const path = pathOf((feed.csv ?? feed.json ?? feed.jsonl)!)
  const name = shortPath(path)
  try {
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
    if (feed.csv !== undefined) return { name, rows: readCsv(text, feed.delimiter ?? ',', workflow.inputs) }
    return { name, rows: feed.jsonl === undefined ? readJson(text) : readLines(text) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'there is no such file' : message
    throw faults(workflow, [[failed('read', name, found), 'Correct the file, or its path.']])
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
 * They have the place of the workflow, and not that of the row: the lines around a problem are shown, and rows may hold
 * passwords.
 */
function faults(workflow: Workflow, found: readonly (readonly [message: string, hint: string])[]) {
  const problems: Problem[] = found.map(([message, hint]) => ({
    code: 'invalid-input',
    severity: 'error',
    message,
    at: workflow.at,
    hint,
  }))
  return new ArazzoError(problems)
}

/**
 * Rows of CSV text whose first line names the columns. Throws an Error that says what is wrong, without the file's
 * name.
 */
function readCsv(text: string, delimiter: string, schema: JsonSchema | undefined): Row[] {
  const properties = propertiesOf(schema)
  try {
    const records: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      columns: (names: string[]) => names.map(name => name.trim()),
      bom: true,
      delimiter,
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
