import { resolve } from 'node:path'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { didYouMean, type Location } from '../../ground/errors.ts'
import { type Fields, isText } from '../../ground/fields.ts'
import { quoted } from '../../ground/words.ts'
import type { HookFigures } from '../../measure/report.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { splitRef } from '../../workflow/functional.ts'
import { SCOPES, writtenHooks } from '../plan/read-hooks.ts'

/** A setup or a teardown of the suites of a document: a workflow, or a function that a module exports. */
export interface SuiteHook extends Pick<HookFigures, 'hook' | 'per'> {
  /** Name as written: `#login`, `./reset.ts`. */
  name: string
  /** Absolute path of the document, or of the module. */
  file: string
  isModule: boolean
  /** The workflow, or the export. Default: the only workflow, the default export. */
  id?: string
  /** Owner of the hook. */
  of: 'plugin' | 'document' | 'workflow'
  /** Its place; absent in options of the plugin. */
  at?: Location
}

/** Setups of suites by how often they run. */
export interface SuiteSetups {
  /**
   * Once a document, before its first suite.
   * @default none
   * @example './reset.ts'
   */
  run?: string
  /**
   * Before each run of a workflow.
   * @default none
   * @example './users.arazzo.yaml#login'
   */
  vu?: string
}

/** Teardowns of suites by how often they run. */
export interface SuiteTeardowns {
  /**
   * Once a document, after its last suite.
   * @default none
   * @example './reset.ts'
   */
  run?: string
  /**
   * After each run of a workflow.
   * @default none
   * @example './users.arazzo.yaml#logout'
   */
  vu?: string
  /**
   * Cleans up after each run of a workflow that has made what it needs.
   * @default none
   * @example './data.ts#remove'
   */
  iteration?: string
}

const MODULE = /\.[cm]?[jt]s$/

const WHAT = 'a workflow (#login, ./shop.arazzo.yaml#login), a module (./reset.ts)'

/** Place of hooks. */
interface HookPlace extends Pick<SuiteHook, 'of'> {
  /** Base of relative paths. */
  folder: string
  /** The document, which `#login` is of. */
  document?: string
  /** Place of a value, by its JSON Pointer. */
  placeOf?(pointer: string): Location
}

/**
 * Reads `setup` and `teardown` in these fields; their faults are faults of the fields. A single hook is for the run. On
 * a workflow, which has no run of its own, it is for each run of that workflow.
 */
export function readSuiteHooks(fields: Fields, place: HookPlace): SuiteHook[] {
  return (['setup', 'teardown'] as const).flatMap(hook => {
    const isOfWorkflow = place.of === 'workflow'
    const all: readonly SuiteHook['per'][] = SCOPES[hook]
    const scopes = isOfWorkflow ? all.filter(scope => scope !== 'run') : all
    const alone = isOfWorkflow ? scopes.at(-1)! : 'run'
    const written = writtenHooks(hook, fields, { is: isText, what: WHAT, scopes, alone })
    return written.flatMap(([per, name, around, key]): SuiteHook[] => {
      const { path, workflowId: id } = splitRef(name)
      if (path === '' && place.document === undefined) {
        around.fault(key, `${name} is of no document`, `Write ${WHAT}.`)
        return []
      }
      const pointer = around === fields ? `/${hook}` : `/${hook}/${key}`
      return [
        {
          hook,
          per,
          name,
          file: path === '' ? place.document! : resolve(place.folder, path),
          isModule: MODULE.test(path),
          id: id === '' ? undefined : id,
          of: place.of,
          at: place.placeOf?.(pointer),
        },
      ]
    })
  })
}

/** `setup.run (#reset)`. */
export const describeHook = ({ hook, per, name }: SuiteHook): string => `${hook}.${per} (${name})`

/** Workflow of a document that a hook names. Throws ArazzoError if it does not exist. */
export function workflowOf({ id }: SuiteHook, document: ArazzoDocument): Workflow {
  return findWorkflow(document, id ?? document.workflows[0]!.workflowId)
}

/** Whether a hook is a workflow of this document, and it is this one. */
export function isHook(hook: SuiteHook, { file, workflows }: ArazzoDocument, workflow: Workflow): boolean {
  if (hook.isModule || hook.file !== file) return false
  return hook.id === undefined ? workflows.length === 1 : hook.id === workflow.workflowId
}

/** Names of inputs that the setups among these give, as far as the document alone tells. */
export function namesOfSetups(
  document: ArazzoDocument,
  hooks: readonly SuiteHook[],
): { names: string[] /** Whether there may be others. */; areOpen: boolean } {
  const setups = hooks.filter(({ hook }) => hook === 'setup')
  const workflows = document.workflows.filter(workflow => setups.some(hook => isHook(hook, document, workflow)))
  const areOpen = setups.some(({ isModule, file }) => isModule || file !== document.file)
  return { names: workflows.flatMap(({ outputs }) => outputs.map(({ name }) => name)), areOpen }
}

/** Fault of a reference to a workflow of a document that was read. */
export function misnamed({ id }: SuiteHook, { workflows }: ArazzoDocument): string | undefined {
  const names = workflows.map(({ workflowId }) => workflowId)
  if (id === undefined) return names.length === 1 ? undefined : `its document has ${names.length} workflows: name one`
  if (names.includes(id)) return undefined
  const meant = didYouMean(id, names)
  return `its document has no workflow "${id}"${meant ? `, but "${meant}"` : `, but ${quoted(names)}`}`
}
