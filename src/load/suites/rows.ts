import type { Workflow } from '../../document/model.ts'
import { ArazzoError, didYouMean, type Problem } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { isObject } from '../../ground/object.ts'
import { plain } from '../../ground/plain.ts'
import { show } from '../../ground/show.ts'
import { readRawRows } from '../feed/read.ts'
import type { InputRow } from '../feed/source.ts'
import type { SuiteOptions } from './options.ts'

/** A row of a data-driven suite. */
export interface SuiteRow {
  /** `row 1`, or by the suite's `name`. */
  name: string
  inputs: InputRow
}

/**
 * The rows of a data-driven suite. Whether they fit the workflow is for the run of each to say. Throws ArazzoError for
 * a file that cannot be read or has no rows, for what is not a row, and for a name with columns that no row has.
 */
export function suiteRows(feed: NonNullable<SuiteOptions['feed']>, workflow: Workflow): SuiteRow[] {
  const { name: source, rows } = readRawRows(feed.rows, { inputs: workflow.inputs, at: feed.at })
  const fault = (message: string, hint: string): Problem => ({
    code: 'invalid-suite',
    severity: 'error',
    message,
    at: feed.at,
    hint,
  })
  if (rows.length === 0)
    throw new ArazzoError([fault(failed('read', source, 'it has no rows'), 'Add some: nothing would run.')])
  const misshapen = rows.flatMap(({ values, line }, index) => {
    if (isObject(values)) return []
    const place = line === undefined ? `row ${index + 1} of ${source}` : `${source}:${line}`
    return [fault(failed('read', place, `${show(values)} is not an object`), 'Write names and values.')]
  })
  const columns = new Set(rows.flatMap(({ values }) => (isObject(values) ? Object.keys(values) : [])))
  const strangers = columnsIn(feed.name).filter(column => !columns.has(column))
  const unnamed = strangers.map(column => {
    const meant = didYouMean(column, columns)
    const found = `no row has "${column}"`
    const hint = meant ? `Did you mean "$${meant}"?` : `They have ${[...columns].join(', ')}.`
    return fault(failed('name', `the rows of ${source}`, found), hint)
  })
  const problems = [...misshapen, ...unnamed]
  if (problems.length > 0) throw new ArazzoError(problems)
  return rows.map(({ values }, index) => {
    const inputs = values as InputRow
    return { name: nameOf(feed.name, inputs, index), inputs }
  })
}

const COLUMN = /\$([A-Za-z_][\w-]*)/g

const columnsIn = (name = ''): string[] => [...name.matchAll(COLUMN)].map(([, column]) => column!)

function nameOf(name: string | undefined, row: InputRow, index: number): string {
  if (name === undefined) return `row ${index + 1}`
  return plain(
    name.replaceAll(COLUMN, (_, column: string) => {
      const value = row[column]
      return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
    }),
  )
}
