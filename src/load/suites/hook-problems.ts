import { existsSync } from 'node:fs'
import type { ArazzoDocument, ReadOptions, Workflow } from '../../document/model.ts'
import { readArazzo } from '../../document/read.ts'
import type { Location, Problem } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { quoted } from '../../ground/words.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import { propertiesOf, type StaticInputs } from '../feed/source.ts'
import { describeHook, isHook, misnamed, namesOfSetups, type SuiteHook, workflowOf } from './hooks.ts'
import { optionsOfDocument, readSuiteOptions } from './options.ts'

/**
 * Faults of the setups and teardowns of a document, and their files. For those of the plugin, which have no place in
 * it, only the files are returned: they fail when they run.
 *
 * @param given inputs of all workflows.
 */
export async function lookAtHooks(
  document: ArazzoDocument,
  ofPlugin: readonly SuiteHook[],
  given: StaticInputs = {},
  read?: ReadOptions,
): Promise<{ problems: Problem[]; files: string[] }> {
  const problems: Problem[] = []
  const files: string[] = []
  const { hooks: ofDocument } = optionsOfDocument(document)
  const own = document.workflows.flatMap(workflow =>
    readSuiteOptions(document, workflow)
      .options.hooks.filter(({ of }) => of === 'workflow')
      .map(hook => ({ hook, around: [workflow] })),
  )
  const isOne = (workflow: Workflow) =>
    [...ofPlugin, ...ofDocument, ...own.map(({ hook }) => hook)].some(hook => isHook(hook, document, workflow))
  const around = document.workflows.filter(workflow => !isOne(workflow))
  const all = [...ofPlugin, ...ofDocument].map(hook => ({ hook, around }))
  for (const { hook, around } of [...all, ...own]) {
    const add = (found: string | undefined) =>
      found !== undefined && hook.at !== undefined && problems.push(problem(hook, hook.at, found))
    if (hook.of !== 'plugin' && around.every(isOne)) {
      add(whyAlone(hook, around) + byPlugin(ofPlugin, document))
      continue
    }
    if (hook.isModule) {
      files.push(hook.file)
      if (!existsSync(hook.file)) add(`${hook.file} does not exist`)
      continue
    }
    const of = hook.file === document.file ? { document, problems: [], files: [] } : await readArazzo(hook.file, read)
    files.push(...of.files)
    if (of.document === undefined) {
      if (hook.at !== undefined) problems.push(...of.problems.filter(({ severity }) => severity === 'error'))
      continue
    }
    const found = misnamed(hook, of.document)
    add(found)
    const isIdle = found === undefined && hook.per === 'iteration' && hook.of !== 'plugin'
    if (isIdle) add(whyNever(workflowOf(hook, of.document), around, document, given))
  }
  return { problems, files }
}

function problem({ hook, per, of }: SuiteHook, at: Location, found: string): Problem {
  const name = of === 'workflow' ? `x-vitest.${hook}` : `x-vitest.${hook} (${per})`
  return { code: 'invalid-suite', severity: 'error', message: failed('read', name, found), at }
}

/** Why no run is there that it could stand around: the tests of such a document would all be skipped. */
function whyAlone({ of }: SuiteHook, [own]: readonly Workflow[]): string {
  if (of === 'document' || own === undefined)
    return 'it would never run: each workflow of the document is a setup or a teardown itself'
  return `it would never run: workflow "${own.workflowId}" is a setup or a teardown itself, around which none runs`
}

/** Names the hooks that come from the plugin's options, which the document does not show. */
function byPlugin(hooks: readonly SuiteHook[], document: ArazzoDocument): string {
  const taken = hooks.filter(hook => document.workflows.some(workflow => isHook(hook, document, workflow)))
  return taken.length === 0 ? '' : `; the plugin's options have ${taken.map(describeHook).join(' and ')}`
}

/** Why a clean-up would be left out after every run, however it ends: its inputs have other names. */
function whyNever(
  cleanUp: Workflow,
  around: readonly Workflow[],
  document: ArazzoDocument,
  given: StaticInputs,
): string | undefined {
  const known = { ...given, ...optionsOfDocument(document).inputs }
  const rest = around.map(workflow => {
    const { options } = readSuiteOptions(document, workflow)
    const setups = namesOfSetups(document, options.hooks)
    // The outputs of functions, of other documents, of files with rows, and of workflows that this one runs are
    // unknown.
    const { rows = [] } = options.feed ?? {}
    if (setups.areOpen || typeof rows === 'string' || workflow.steps.some(isOfWorkflow)) return []
    const names = [
      ...setups.names,
      ...Object.keys(propertiesOf(workflow.inputs)),
      ...[...workflow.outputs, ...workflow.steps.flatMap(({ outputs }) => outputs)].map(({ name }) => name),
    ]
    const values = Object.fromEntries(names.map(name => [name, '']))
    return missingInputs(cleanUp, { ...known, ...values, ...options.inputs, ...rows[0] })
  })
  if (rest.length === 0 || rest.some(missing => missing.length === 0)) return undefined
  const missing = [...new Set(rest.flat())]
  return `it would never run: no workflow that it stands around has an input or output ${quoted(missing)}`
}

const isOfWorkflow = ({ target, onSuccess, onFailure }: Workflow['steps'][number]) =>
  target.kind === 'workflow' || [...onSuccess, ...onFailure].some(action => 'to' in action && action.to !== undefined)
