import type { Workflow } from '../../document/model.ts'
import { quoted } from '../../ground/words.ts'
import type { InputRow } from '../feed/source.ts'
import type { HookFailure } from './hook-error.ts'
import { describeHook, type SuiteHook } from './hooks.ts'

/** A run that is over. */
export interface AfterRun {
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
