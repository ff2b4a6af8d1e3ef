import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonSchema, Workflow } from '../../document/model.ts'
import type { Fields } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { tried } from '../../ground/tried.ts'

/**
 * Inputs that are the same for every iteration; `{ env: 'NAME' }` is read from the environment and treated as a secret.
 */
export type StaticInputs = Record<string, unknown | { env: string }>

/** Inputs of one iteration, or of one virtual user. */
export type InputRow = Readonly<Record<string, unknown>>

/** Argument of user functions: properties of the run that calls them. */
export interface RunContext {
  /** Number of the virtual user, from 0 and among those of all threads; absent where it is called for none. */
  user?: number
  /** Base address of the application, where requests go to one: `http://127.0.0.1:3000`. */
  url?: string
  /** Port of that address. */
  port?: number
  /** Aborted when the run ends, or is cancelled. */
  signal: AbortSignal
}

/**
 * Makes the inputs of one more iteration; `n` counts its calls from 0. It runs in the thread that called `runLoad`,
 * ahead of time and up to eight times at once. Without a result (`undefined`) there are no more inputs. With
 * `per: 'vu'` it is called once for each virtual user, whose number `n` is.
 */
export type InputFunction = (
  n: number,
  context: RunContext,
) => InputRow | undefined | null | Promise<InputRow | undefined | null>

/** Inputs that change. */
export interface InputFeed {
  /**
   * A file, a list, or a function that makes a row when one is needed, ahead of time. A `.csv` or `.tsv` file has a
   * line of column names; cells become what the workflow's inputs schema says: numbers, booleans, JSON. Between them
   * are commas, semicolons or tabs, as in that line. A `.json` file has a list of objects, a `.jsonl` file an object on
   * each line.
   * @example './users.csv'
   */
  rows: string | URL | readonly InputRow[] | InputFunction
  /**
   * `sequential`, the default: one row after another, over all threads, and from the beginning again; an arrival has
   * the row of its number. `random`: any row, by the load's seed. `unique`: in order, and each row once at most in the
   * whole run, warm-up included. The run ends with the last row, and is cut short if more was requested.
   */
  order?: 'sequential' | 'random' | 'unique'
  /** Whether an iteration has a row, or a virtual user keeps one for all of its iterations. Default `iteration`. */
  per?: 'iteration' | 'vu'
}

export type InputSource = StaticInputs | readonly InputRow[] | InputFunction | InputFeed

/** Keys that tell a feed. All but `rows` were some: they are refused, and are not inputs. */
const SIGNS = ['rows', 'csv', 'json', 'jsonl', 'call'] as const

/** Mark of a feed, for workflows with inputs of any names. It holds the inputs that all rows have. */
const FEED: unique symbol = Symbol.for('vitest-arazzo:feed')

/** A feed that may have no rows. */
type Feed = Partial<InputFeed> & { [FEED]?: StaticInputs }

/**
 * Marks a feed, so that none of its keys is taken for an input, nor an input for one of its keys: a workflow may have
 * an input `rows`.
 *
 * @param constants inputs that are the same for all; a row's own come before them.
 */
export function asFeed(feed: Partial<InputFeed>, constants: StaticInputs = {}): Feed {
  return Object.defineProperty({ ...feed }, FEED, { value: constants })
}

/**
 * A source as a feed, which tells inputs that change from those that do not. An object with `rows` is a feed as it is
 * written, unless the workflow has an input of that name.
 */
export function feedOf({ inputs }: Pick<Workflow, 'inputs'>, source: InputSource | undefined): Feed {
  if (Array.isArray(source) || typeof source === 'function') return { rows: source as InputFeed['rows'] }
  if (!isObject(source)) return {}
  const known = Object.keys(propertiesOf(inputs))
  const isFeed = FEED in source || SIGNS.some(key => Object.hasOwn(source, key) && !known.includes(key))
  return isFeed ? (source as Feed) : asFeed({}, source)
}

/** Whether some inputs of a feed change. */
export const isChanging = (feed: Feed): boolean => SIGNS.some(key => Object.hasOwn(feed, key))

/** Inputs that all rows of a source have. */
export function constantsOf(workflow: Workflow, source: InputSource | undefined): StaticInputs {
  return feedOf(workflow, source)[FEED] ?? {}
}

/**
 * The source with the inputs that are meant for all workflows, which give way to its own. A workflow that forbids
 * inputs it does not know only gets those that it knows.
 */
export function withConstants(
  workflow: Workflow,
  ofAll: StaticInputs | undefined,
  source: InputSource | undefined,
): InputSource {
  // Its faults are reported where it is checked.
  if (!isSource(source)) return source as never
  return asFeed(feedOf(workflow, source), { ...fitting(workflow, ofAll), ...constantsOf(workflow, source) })
}

/** Whether a value is something that inputs can be written as. */
export const isSource = (source: unknown): boolean =>
  source === undefined || typeof source === 'function' || isObject(source) || Array.isArray(source)

/** Takes those for this workflow of inputs that are meant for all workflows. */
export function fitting(workflow: Workflow, inputs: StaticInputs = {}): StaticInputs {
  const schema = typeof workflow.inputs === 'object' ? workflow.inputs : {}
  const known = (schema.properties ?? {}) as Record<string, unknown>
  const isStrict = schema.additionalProperties === false || schema.unevaluatedProperties === false
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !isStrict || Object.hasOwn(known, name)))
}

/** The source with the path of its file made absolute. */
export function fromFolder(folder: string, workflow: Workflow, source: InputSource): InputSource {
  if (!isSource(source)) return source
  const feed = feedOf(workflow, source)
  const absolute = typeof feed.rows === 'string' && { rows: resolve(folder, feed.rows) }
  return asFeed({ ...feed, ...absolute }, constantsOf(workflow, source))
}

export function pathOf(file: string | URL): string {
  return file instanceof URL ? fileURLToPath(file) : resolve(file)
}

/** Finds the fault of `rows` if they are a file whose name has another ending. */
export function checkRowFile(fields: Fields, file: string | URL): void {
  if (/\.([ct]sv|jsonl?)$/i.test(tried(() => pathOf(file)) ?? '')) return
  fields.fault('rows', `${show(String(file))} is not a file of rows`, 'Use a .csv, .tsv, .json or .jsonl file.')
}

/** The properties of a schema and of those it is made of by `allOf`. */
export function propertiesOf(schema: JsonSchema | undefined): Record<string, JsonSchema> {
  if (typeof schema !== 'object' || schema === null) return {}
  const parts = Array.isArray(schema.allOf) ? (schema.allOf as JsonSchema[]) : []
  return Object.assign({}, ...parts.map(propertiesOf), schema.properties)
}

/**
 * Lets so many go on at once; the others wait for their turn, in order. Returns what does something when it is its
 * turn; that resolves and rejects as the action does.
 */
export function inTurns(atOnce: number): <T>(action: () => Promise<T>) => Promise<T> {
  let free = atOnce
  const waiting: (() => void)[] = []
  return async action => {
    if (free > 0) free--
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await action()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
