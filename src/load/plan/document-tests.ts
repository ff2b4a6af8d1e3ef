import { LOAD_TEST_FIELD } from '../../document/extension-fields.ts'
import type { ArazzoDocument, Extension, Workflow } from '../../document/model.ts'
import type { Location, Problem } from '../../ground/errors.ts'
import type { OptionFault } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { ANY_SERVER, type Around, problemsOf, readLoadTest } from './load-test.ts'
import { type LoadOptions, placeWithin } from './options.ts'

/** Load test as it stands in a document, not read yet. */
export interface DocumentLoadTest {
  name: string
  at: Location
  options: Pick<LoadOptions, 'load' | (typeof OPTION_FIELDS)[number]>
  /** Place of an option, by its JSON Pointer within them: `/load/duration`, `/budgets/p99`. */
  placeOf(path: string): Location
}

/** Options next to the load's own fields. */
export const OPTION_FIELDS = [
  'budgets',
  'transport',
  'checks',
  'traceparent',
  'protocol',
  'requestTimeout',
  'target',
  'targets',
  'setup',
  'teardown',
] as const

interface Item extends Omit<DocumentLoadTest, 'name'> {
  /** Title in messages. */
  title: string
  value: unknown
  name: unknown
  /** Fault of its name. */
  fault?: OptionFault
}

/**
 * The load tests of a workflow's `x-load-test`: an object, or a list of objects with a `name`. Those without a name of
 * their own are left out, and `problems` says why.
 */
export function loadTestsOf(workflow: Workflow): { tests: DocumentLoadTest[]; problems: Problem[] } {
  const named = namedItems(workflow)
  return {
    tests: named.flatMap(({ fault, ...item }) => (fault ? [] : [{ ...item, name: item.name as string }])),
    problems: named.flatMap(({ fault, placeOf }) => (fault ? problemsOf([fault], placeOf) : [])),
  }
}

/** All that is wrong with the load tests of a workflow. */
export async function loadTestProblems(
  document: ArazzoDocument,
  workflow: Workflow,
  around: Omit<Around, 'document'>,
): Promise<Problem[]> {
  const ref = { document: document.file, workflowId: workflow.workflowId }
  const read = namedItems(workflow).map(async ({ fault, ...item }) => {
    const inDocument = { name: item.title, besides: ['name', ...OPTION_FIELDS] }
    // Destinations and channel transports are unknown before the application runs.
    const options = { ...item.options, workflow: ref, servers: ANY_SERVER, channels: 'any' }
    const { faults = [] } = await readLoadTest(options, { ...around, base: true, document, inDocument })
    const all = fault === undefined ? faults : isObject(item.value) ? [...faults, fault] : [fault]
    return problemsOf(all, item.placeOf)
  })
  return (await Promise.all(read)).flat()
}

function namedItems({ workflowId, extensions }: Workflow): Item[] {
  const extension = extensions[LOAD_TEST_FIELD]
  if (extension === undefined) return []
  const { value } = extension
  if (!Array.isArray(value)) {
    const item = itemOf(extension, value, '', LOAD_TEST_FIELD)
    return [named({ ...item, name: item.name ?? `${workflowId} under load` }, [])]
  }
  const items = value.map((one, i) => itemOf(extension, one, `/${i}`, `${LOAD_TEST_FIELD}[${i}]`))
  if (items.length > 0) return items.map((item, i) => named(item, items.slice(0, i)))
  const item = itemOf(extension, value, '', LOAD_TEST_FIELD)
  return [wrong(item, '', 'it is an empty list', 'Write a load test, or leave the field out.')]
}

function itemOf(extension: Extension, value: unknown, base: string, title: string): Item {
  const { name, ...fields } = isObject(value) ? value : {}
  const besides = OPTION_FIELDS.filter(key => fields[key] !== undefined)
  const shape = Object.entries(fields).filter(([key]) => !OPTION_FIELDS.includes(key as never))
  const placeOf = (path: string) => placeWithin(extension, base + path.replace(/^\/load(?=\/|$)/, ''))
  const options = {
    ...Object.fromEntries(besides.map(key => [key, fields[key]])),
    load: (isObject(value) ? Object.fromEntries(shape) : value) as LoadOptions['load'],
  }
  return { title, value, name, at: placeOf(''), options, placeOf }
}

function named(item: Item, before: readonly Item[]): Item {
  const { name, value } = item
  const advice = 'Tests in a list need different names.'
  if (!isObject(value) && name === undefined)
    return wrong(item, '', 'it is not an object', "Write how much and how long, such as { rps: 100, duration: '30s' }.")
  if (name === undefined) return wrong(item, '', 'it has no name', advice)
  if (typeof name !== 'string' || name.trim() === '') return wrong(item, '/name', 'its name is not text', advice)
  if (before.some(other => other.name === name))
    return wrong(item, '/name', `there is another "${name}"`, 'Give each its own name.')
  return item
}

function wrong(item: Item, path: string, found: string, hint: string): Item {
  return { ...item, fault: { path, verb: 'read', thing: item.title, found, advice: hint } }
}
