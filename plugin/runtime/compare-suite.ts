import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { TestContext } from 'vitest'
import type { RelativeBudget } from '../../src/budget/relative.ts'
import { acceptedBy } from '../../src/compare/acceptance.ts'
import { unattainable } from '../../src/compare/attainable.ts'
import { Git, trailersOf } from '../../src/compare/base/git.ts'
import type { Comparison } from '../../src/compare/comparison.ts'
import { warmUpWithin } from '../../src/compare/effort.ts'
import type { KeptLaunches } from '../../src/compare/kept-launches.ts'
import { newWords } from '../../src/compare/new-steps/words.ts'
import { COMPARISON_VERSION, type StoredComparison } from '../../src/compare/stored.ts'
import { beyondLines, describeComparison, sentenceOf, standingOf } from '../../src/compare/words.ts'
import { failed } from '../../src/ground/fault.ts'
import type { LoadTest } from '../../src/load/plan/load-test.ts'
import { maskedComparison, secretsOf, shownRevisions } from '../compare/shown.ts'
import { client } from '../coordinator/client.ts'
import { comparedError, lostError, notComparedError, unmeasuredError } from '../failure/compare-error.ts'
import type { Frame } from '../failure/positioned-error.ts'
import { comparedMeta } from './budget-meta.ts'
import {
  annotate,
  comparedPolicy,
  keptReports,
  providedComparison as provided,
  settleInconclusive,
  withoutBasePolicy,
} from './inconclusive.ts'
import { identityOf } from './load-case.ts'
import { BASE_IS_NONE, NO_BASE, NOT_COMPARED } from './notes.ts'
import type { Settings } from './settings.ts'
import { startedApplications } from './settings.ts'
import { sharedSides } from './shared-sides.ts'

const AGAIN = 'it was undecided at first and compared once more; only what the second time has found counts'

/** Whether it was measured and misses nothing, and yet is not decided. */
const isUndecided = ({ budgets, cause }: Comparison) =>
  cause === undefined &&
  budgets.every(({ verdict }) => verdict !== 'fail') &&
  budgets.some(({ verdict }) => verdict === 'inconclusive')

/**
 * The tests of budgets whose bound speaks of the base. They share one comparison, made by the first of them that Vitest
 * runs. Without a base they are skipped, or fail where one is required.
 */
export class CompareSuite {
  readonly #name: string
  readonly #test: LoadTest
  #comparison: Promise<Comparison> | undefined
  #unaffected: Promise<string | undefined> | undefined
  /** Place of its first budget. */
  #site: readonly Frame[] | undefined
  /** Path of the file that has it. */
  #file: string | undefined
  /** Whether each budget speaks of the base: then the load is not run by itself. */
  readonly isAlone: boolean

  constructor(name: string, test: LoadTest) {
    this.#name = name
    this.#test = test
    this.isAlone = test.budgets.length === 0 && test.relative.length > 0
  }

  /** An error for budgets that no comparison can decide in its time; before anything is started. */
  refusal(framesOf: (budget: RelativeBudget) => readonly Frame[]): Error | undefined {
    const { sides, calibration } = provided()
    if (sides === undefined || calibration !== undefined) return undefined
    const { relative: budgets, load, plan } = this.#test
    const [{ maxDuration }] = sides
    const found = unattainable({ budgets, load, requestsPerRun: plan.requestsPerRun, maxDuration })
    const [first] = found
    if (first === undefined) return undefined
    return notComparedError(this.#name, found.map(one => one.found).join('; '), first.advice, framesOf(first.budget))
  }

  async budget(budget: RelativeBudget, context: TestContext, site: readonly Frame[]): Promise<void> {
    startedApplications()
    const { sides, isRequired, isNone } = provided()
    context.task.meta.budget = comparedMeta(budget, undefined, undefined)
    if (sides === undefined) {
      if (isRequired) throw notComparedError(this.#name, 'there is no base', NO_BASE, site)
      const words = `${NOT_COMPARED}${isNone ? BASE_IS_NONE : `there is no base. ${NO_BASE}`}`
      const { onInconclusive } = this.#test.options
      if (this.isAlone) return settleInconclusive(withoutBasePolicy(onInconclusive), words, context, site)
      context.skip(words)
    }
    this.#unaffected ??= this.#whyUnaffected(context)
    const reason = await this.#unaffected
    if (reason !== undefined) {
      await sharedSides.leave(this)
      context.task.meta.unaffected = reason
      await annotate(context, site, reason, 'budget')
      return
    }
    const comparison = await this.#run(context, site)
    const found = comparison.budgets.find(({ budget: { key } }) => key === budget.key)
    context.task.meta.budget = comparedMeta(budget, found, this.#file)
    // Its step is new. A comparison of which nothing is left has findings of all budgets.
    if (found === undefined)
      context.skip(`${NOT_COMPARED}${newWords(comparison.newSteps!.find(({ step }) => step === budget.step)!)}`)
    const words = sentenceOf(found, comparison.pairTook)
    if (found.verdict === 'fail') throw comparedError(found, comparison, site)
    // A comparison without measurements is never neutral.
    this.#site ??= site
    if (comparison.cause !== undefined) throw lostError(this.#name, comparison.cause, this.#site)
    if (found.pairs === 0) throw unmeasuredError(words, site)
    if (found.verdict === 'inconclusive')
      return settleInconclusive(comparedPolicy(this.#test.options.onInconclusive), words, context, site)
    await annotate(context, site, words, 'budget')
  }

  async #whyUnaffected({ task, signal }: TestContext): Promise<string | undefined> {
    const { affected } = this.#test.options
    const { sides, calibration } = provided()
    if (affected === undefined || calibration !== undefined) return undefined
    const { whyUnaffected } = await import('../compare/affected.ts')
    const [options, of] = sides!
    const own = [task.file.filepath, ...this.#test.plan.document.files, ...(of.configuration ?? [])]
    return whyUnaffected(affected, own, options, of, signal)
  }

  #run(context: TestContext, site: readonly Frame[]): Promise<Comparison> {
    this.#comparison ??= client.exclusive(
      this.#name,
      () => this.#compare(context, site).finally(() => sharedSides.leave(this)),
      context.signal,
    )
    return this.#comparison
  }

  async #compare({ signal, task, ...context }: TestContext, site: readonly Frame[]): Promise<Comparison> {
    const { compare } = await import('../../src/compare/run.ts')
    const { Duet } = await import('../../src/compare/duet/duet.ts')
    const { sides: args, calibration } = provided()
    const [options, of] = args!
    const reports = await keptReports(this.#test, signal)
    if (reports !== undefined && calibration === undefined)
      await touch(this.#name, files => files.removeComparison(this.#whose(task), reports, this.isAlone))
    const sides = await sharedSides.open(options, of, signal)
    const git = new Git(of.root, of.environment, signal)
    const { commit } = sides.revisions.base ?? {}
    const trailers = commit === undefined || calibration !== undefined ? [] : await trailersOf(git, commit)
    const { budgets, notes: acceptances, ...accepting } = acceptedBy(trailers, this.#name, this.#test.relative)
    const revisions = await shownRevisions(options, of, sides.revisions, signal)
    const maxDuration = calibration?.duration ?? options.maxDuration
    const warmUp = { ...warmUpWithin(maxDuration), ...options.warmUp }
    const duel = await Duet.open(this.#test, { signal, warmUp, fileOfBase: sides.fileOfBase })
    try {
      const once = (seed: number, notes: string[], kept?: KeptLaunches) =>
        compare({
          sides,
          revisions,
          notes: [...sides.notes, ...acceptances, ...notes],
          budgets,
          duel,
          kept,
          maxDuration,
          stopWhenFailed: options.stopWhenFailed,
          isCalibration: calibration !== undefined,
          seed,
          signal,
          onProgress: standing =>
            client.sendStanding(this.#name, { elapsed: standing.elapsed, words: standingOf(standing) }),
        })
      const first = await once(this.#test.load.seed, [], sharedSides.kept)
      const isAgain = options.onUndecided === 'rerun' && isUndecided(first) && calibration === undefined
      const made = isAgain ? await once(this.#test.load.seed + 1, [AGAIN]) : first
      const all = { ...made, notes: [...made.notes, ...sharedSides.takeNotices(sides)], ...accepting }
      const comparison = maskedComparison(all, secretsOf(of))
      await this.#keep(comparison, { signal, task, ...context }, site, reports)
      return comparison
    } finally {
      await duel.close()
    }
  }

  async #keep(
    comparison: Comparison,
    context: TestContext,
    site: readonly Frame[],
    reports: Settings['reports'],
  ): Promise<void> {
    const { task } = context
    const stored: StoredComparison = {
      version: COMPARISON_VERSION,
      ...this.#whose(task),
      at: new Date(performance.timeOrigin + performance.now()).toISOString(),
      comparison,
    }
    task.meta.comparison = stored
    const { calibration } = provided()
    const text = `${JSON.stringify(stored, null, 1)}\n`
    if (calibration) writeFileSync(join(calibration.folder, `${randomUUID()}.json`), text)
    else if (reports !== undefined)
      await touch(this.#name, async files => {
        const { comparisonSection } = await import('../../src/compare/page-section.ts')
        const section = comparisonSection(comparison, stored.at)
        this.#file = files.writeNextTo(stored, reports, 'comparison.json', text)
        if (!this.isAlone) return files.addToPage(stored, reports, section)
        const { comparisonMarkdown } = await import('../../src/compare/markdown.ts')
        const { renderSection } = await import('../../src/report/html/page.ts')
        const name = this.#name
        files.writeNextTo(stored, reports, 'summary.md', comparisonMarkdown({ name, comparison }))
        this.#file = files.writeNextTo(stored, reports, 'report.html', renderSection(name, section))
      })
    // Vitest shows an error of several tests once if their annotations are the same.
    if (comparison.cause !== undefined) return
    await annotate(context, site, [describeComparison(comparison), ...beyondLines(comparison)].join('. '))
  }

  #whose({ file, suite }: TestContext['task']): Pick<StoredComparison, 'name' | 'file' | 'test' | 'project'> {
    return { name: this.#name, file: file.filepath, ...identityOf(suite!) }
  }
}

type Files = typeof import('../../src/report/files.ts')

/** Changes files that are for others to look at: where that cannot be done, the verdicts stand all the same. */
async function touch(name: string, change: (files: Files) => unknown): Promise<void> {
  try {
    await change(await import('../../src/report/files.ts'))
  } catch (error) {
    const advice = 'Check the folder, or set reports: false.'
    console.warn(failed('write', `the comparison of "${name}"`, (error as Error).message, advice))
  }
}
