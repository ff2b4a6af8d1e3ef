import { resolve } from 'node:path'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import { didYouMean, type Location } from '../../ground/errors.ts'
import { asUserError, sentenceOf } from '../../ground/fault.ts'
import { type Fields, isText } from '../../ground/fields.ts'
import { quoted } from '../../ground/words.ts'
import type { HookFigures } from '../../measure/report.ts'
import { findWorkflow, splitRef } from '../../workflow/find.ts'
import type { WorkflowReport } from '../../workflow/outcome.ts'
import type { InputRow } from '../feed/source.ts'
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

/** Why a setup or a teardown failed; secrets are masked. */
export interface HookFailure {
  hook: SuiteHook
  found: string
  /** Report of its workflow, if it ran. */
  report?: WorkflowReport
  /** Thrown value, if nothing ran. */
  thrown?: unknown
}

/** Setups or teardowns that failed. */
export class SuiteHookError extends Error {
  override name: string
  readonly failures: readonly HookFailure[]

  /** @param thing what could not be set up, or torn down: `shop.arazzo.yaml`, `workflow "checkout"`. */
  constructor(thing: string, failures: readonly HookFailure[]) {
    const isSetup = failures[0]?.hook.hook === 'setup'
    const found = failures.map(({ hook, found }) => `${describeHook(hook)} failed: ${found}`).join('; ')
    super(sentenceOf({ verb: isSetup ? 'set up' : 'tear down', thing, found }))
    this.name = isSetup ? 'SetupError' : 'TeardownError'
    this.failures = failures
    asUserError(this)
  }

  /** Error of hooks around a run of a workflow. */
  static around({ workflowId }: Workflow, failures: readonly HookFailure[]): SuiteHookError {
    return new SuiteHookError(`workflow "${workflowId}"`, failures)
  }
}

/** A run that is over. */
interface AfterRun {
  workflow: Workflow
  /** The row of its suite, which stands for it. */
  suite: InputRow
  /** Whether it came to its end, and passed. */
  hasPassed: boolean
}

/** Result of a clean-up of the plugin's options in one document; plain data. */
export interface SharedCleanUp {
  name: string
  hasRun: boolean
  /** Inputs that it was left out for after runs that passed. */
  missing: string[]
}

/** Result of a clean-up in a document. */
interface CleanUp {
  hook: SuiteHook
  /** The workflow that it stands around alone. */
  of: Workflow | undefined
  hasRun: boolean
  /** Suites whose run passed, and after which it was left out. */
  idleAfter: Set<InputRow>
  /** Inputs that it did not have. */
  missing: Set<string>
}

/**
 * Clean-ups (`teardown.iteration`) of a document that never ran: they were left out after a run of every suite around
 * which they stand, although each passed. If a suite was filtered out or failed, this is unknown. Those of the plugin
 * stand around other documents too.
 */
export class CleanUps {
  readonly #suites = new Map<InputRow, Workflow>()
  readonly #byPlace = new Map<string, CleanUp>()

  /** A suite of a workflow is to run: the one of this row, which stands for it. */
  expect(workflow: Workflow, suite: InputRow): void {
    this.#suites.set(suite, workflow)
  }

  /** @param missing inputs that it was left out for; absent: it ran. */
  note(hook: SuiteHook, { workflow, suite, hasPassed }: AfterRun, missing: readonly string[] | undefined): void {
    const place = [describeHook(hook), hook.at?.file, hook.at?.line, hook.at?.column].join('\n')
    const known = this.#byPlace.get(place)
    const of = hook.of === 'workflow' ? workflow : undefined
    const cleanUp: CleanUp = known ?? { hook, of, hasRun: false, idleAfter: new Set(), missing: new Set() }
    this.#byPlace.set(place, cleanUp)
    if (missing === undefined) cleanUp.hasRun = true
    else if (hasPassed) {
      cleanUp.idleAfter.add(suite)
      for (const name of missing) cleanUp.missing.add(name)
    }
  }

  /** Clean-ups that never ran, as failures. */
  idle(): HookFailure[] {
    const isIdle = ({ hook, of, hasRun, idleAfter }: CleanUp) =>
      !hasRun &&
      hook.of !== 'plugin' &&
      [...this.#suites].every(([suite, workflow]) => (of ?? workflow) !== workflow || idleAfter.has(suite))
    return [...this.#byPlace.values()]
      .filter(isIdle)
      .map(({ hook, missing }) => ({ hook, found: whyIdle([...missing]) }))
  }

  /** Results of the plugin's clean-ups in this document. */
  get ofPlugin(): SharedCleanUp[] {
    const all = [...this.#byPlace.values()].filter(({ hook }) => hook.of === 'plugin')
    return all.map(({ hook, hasRun, missing }) => ({ name: describeHook(hook), hasRun, missing: [...missing] }))
  }
}

/** Why a clean-up that was left out after every run, or every iteration, has failed. */
export function whyIdle(missing: readonly string[], after: 'run' | 'iteration' = 'run'): string {
  return `it never ran: no ${after} had its ${missing.length === 1 ? 'input' : 'inputs'} ${quoted(missing)}`
}
