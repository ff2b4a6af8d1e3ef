import { basename } from 'node:path'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { nameOf, typeOfSchema } from './schema-type.ts'

const WRITTEN_BY = '// Written by `npx vitest-arazzo types`'

const HEAD = `${WRITTEN_BY}; with \`--check\` it says whether this is up to date.
import 'vitest-arazzo'

declare module 'vitest-arazzo' {
  interface ArazzoWorkflows {
`

/** Whether a text was written as a declaration file of documents. */
export const isOurs = (text: string) => text.startsWith(WRITTEN_BY)

/** Types of one workflow, or of equal names in documents of the same name. */
interface Entry {
  inputs: Set<string>
  outputs: Set<string>
}

/**
 * The declaration file of documents: it tells `runWorkflow` and `loadTest` of their workflows.
 *
 * @param given inputs that the configuration has, so that calls need not.
 */
export function declarationsOf(documents: readonly ArazzoDocument[], given: ReadonlySet<string>): string {
  const entries = new Map<string, Entry>()
  for (const { file, workflows } of documents) {
    for (const workflow of workflows) add(entries, `${basename(file)}#${workflow.workflowId}`, workflow, given)
    if (workflows.length === 1) add(entries, basename(file), workflows[0]!, given)
  }
  const lines = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(lineOf)
  return `${HEAD}${lines.join('')}  }\n}\n`
}

function add(entries: Map<string, Entry>, key: string, workflow: Workflow, given: ReadonlySet<string>): void {
  const { inputs, outputs } = entries.get(key) ?? { inputs: new Set<string>(), outputs: new Set<string>() }
  const type = typeOfSchema(workflow.inputs, given)
  inputs.add(type === 'unknown' ? 'Record<string, unknown>' : type)
  const names = workflow.outputs.map(({ name }) => `${nameOf(name)}: unknown`)
  outputs.add(names.length === 0 ? 'Record<never, never>' : `{ ${names.join('; ')} }`)
  entries.set(key, { inputs, outputs })
}

function lineOf([key, { inputs, outputs }]: [string, Entry]): string {
  const of = (types: Set<string>) => [...types].join(' | ')
  return `    ${JSON.stringify(key)}: {\n      inputs: ${of(inputs)}\n      outputs: ${of(outputs)}\n    }\n`
}
