import { readFileSync } from 'node:fs'
import type { Workflow } from '../../document/model.ts'
import { ArazzoError, type Problem, shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { parseJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { inputProblems, withDefaults } from '../../workflow/inputs.ts'
import { readCsv } from './csv.ts'
import { type InputFeed, type InputRow, pathOf } from './source.ts'

/** A row of inputs, and where it stands. */
export interface Row {
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

/** A row with the constants and the schema's defaults, and what is wrong with it. */
export function completeRow(workflow: Workflow, constants: InputRow, values: unknown, place: string) {
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
