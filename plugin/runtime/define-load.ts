import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { inject, type TestContext, TestRunner, test } from 'vitest'
import { testNameOf } from '../../src/budget/bound.ts'
import type { Budget } from '../../src/budget/budget.ts'
import { doubtText } from '../../src/budget/cause.ts'
import { becauseOnce } from '../../src/budget/judge.ts'
import type { RelativeBudget } from '../../src/budget/relative.ts'
import { acceptedBy } from '../../src/compare/acceptance.ts'
import { unattainable } from '../../src/compare/attainable.ts'
import { Git, trailersOf } from '../../src/compare/base/git.ts'
import type { Comparison, StoredComparison } from '../../src/compare/comparison.ts'
import { warmUpWithin } from '../../src/compare/effort.ts'
import type { KeptLaunches } from '../../src/compare/kept-launches.ts'
import { beyondLines, describeComparison, newWords, sentenceOf, standingOf } from '../../src/compare/words.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { plainLines } from '../../src/ground/plain.ts'
import { pointerThrough } from '../../src/ground/pointer.ts'
import { describePlan } from '../../src/load/plan/load-plan.ts'
import type { Around, LoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { ProfileFile, WrittenFiles } from '../../src/report/files.ts'
import type { PageSection } from '../../src/report/page-section.ts'
import type { LoadResult } from '../../src/report/result.ts'
import { renderSvgChart } from '../../src/report/svg.ts'
import { withCause } from '../cause.ts'
import { loadOf, withCauseOfLoad } from '../cause-of-load.ts'
import { maskedComparison, secretsOf, shownRevisions } from '../compare/shown.ts'
import { client } from '../coordinator/client.ts'
import * as errors from '../failure/load-error.ts'
import { type Frame, positionedError } from '../failure/positioned-error.ts'
import { isCi } from '../server/options.ts'
import type { ProvidedApp } from '../server/servers.ts'
import { logBehindLoad } from './application-log.ts'
import { budgetMeta, comparedMeta } from './budget-meta.ts'
import {
  annotate,
  comparedPolicy,
  keptReports,
  providedComparison as provided,
  settleInconclusive,
  withoutBasePolicy,
} from './inconclusive.ts'
import { identityOf, LoadOptionsError, readLoadCase, runExclusively, withTestLabel } from './load-case.ts'
import { summaryLine, withoutHistograms } from './load-summary.ts'
import { BASE_IS_NONE, NO_BASE, NOT_COMPARED, WAITS_FOR_KEY } from './notes.ts'
import {
  configurationError,
  knownApplications,
  type Settings,
  settings,
  startError,
  startedApplications,
} from './settings.ts'
import { sharedSides } from './shared-sides.ts'
import type { Site } from './site.ts'

/**
 * To be called within the `describe` of a load test: reads it, and registers the test of the load and one for each
 * budget. If each budget speaks of the base, the load is only run in the comparison, and has no test. What is wrong
 * with the options is thrown, and fails the test file when it is collected.
 *
 * @param around its document, or the folder that paths are relative to.
 */
export async function defineLoad(options: LoadOptions, around: Where, site: Site): Promise<void> {
  const suite = TestRunner.getCurrentSuite()
  // Present only where Vitest was asked for locations.
  const { location } = suite.suite ?? {}
  if (location) place(suite.suite!, site.placeOf(''))
  const fault = configurationError()
  const loadTest = fault ? undefined : await readUnless(startError(), options, around, site)
  if (loadTest === undefined) return failLoad(options, fault ?? startError()!)
  const readFor: ReadFor = running => read(options, around, site, running)
  const compared = new CompareSuite(suite.name, loadTest, readFor)
  const refusal = compared.refusal(budget => site.framesOf(pointerOf(budget)))
  if (refusal !== undefined) return failLoad(options, refusal)
  const doesWait = inject('vitest-arazzo:load-waits')
  if (loadTest.relative.length > 0 && !doesWait) sharedSides.expect(compared)
  const suiteOfLoad = new LoadSuite(suite.name, loadTest, readFor)
  const add = (name: string, path: string, run: (context: TestContext, site: readonly Frame[]) => Promise<void>) => {
    test(name, context => (doesWait ? context.skip(WAITS_FOR_KEY) : run(context, site.framesOf(path))))
    if (location) place(suite.tasks.at(-1)!, site.placeOf(path) ?? location)
  }
  if (!compared.isAlone) add(describePlan(loadTest.load), '', (...given) => suiteOfLoad.load(...given))
  for (const budget of loadTest.budgets)
    add(testNameOf(budget), pointerOf(budget), (...given) => suiteOfLoad.budget(budget, ...given))
  for (const budget of loadTest.relative)
    add(testNameOf(budget), pointerOf(budget), (...given) => compared.budget(budget, ...given))
}

const pointerOf = ({ path }: Pick<Budget, 'path'>) => pointerThrough(['budgets', ...path])

type Where = Pick<Around, 'document' | 'folder'>

/** Undefined if it cannot be read because the application may have failed to start. */
async function readUnless(failure: Error | undefined, ...given: Parameters<typeof read>) {
  return read(...given).catch(error => {
    if (failure === undefined) throw error
    return undefined
  })
}

async function read(
  options: LoadOptions,
  around: Where,
  site: Site,
  running?: readonly ProvidedApp[],
): Promise<LoadTest> {
  try {
    return await readLoadCase(options, { ...around, base: true, unknownHere: ['signal', 'onProgress'] }, running)
  } catch (error) {
    if (error instanceof LoadOptionsError) {
      const frames = error.faults.flatMap(({ path }) => site.framesOf(path))
      throw positionedError(error.name, error.message, frames)
    }
    throw error instanceof ArazzoError ? positionedError(error.name, error.message, site.framesOf('')) : error
  }
}

/** Vitest takes the location of a test from the stack of its registration; here that leads into this module. */
function place(task: object, at: { line: number; column: number } | undefined): void {
  if (at) Object.assign(task, { location: { line: at.line, column: at.column } })
}

/** A load test that is skipped still shows what it would have been. */
export function skipLoad(options: Partial<Pick<LoadOptions, 'load'>> = {}): void {
  test.skip(titleOf(options.load), () => {})
}

/** A load test of which only its load can be read fails by what keeps it from running. */
function failLoad({ load }: Pick<LoadOptions, 'load'>, failure: Error): void {
  test(titleOf(load), () => {
    throw failure
  })
}

function titleOf(load: LoadOptions['load'] | undefined): string {
  const { plan } = readShape(load)
  return plan ? describePlan(plan) : 'load'
}

const NOT_JUDGED = 'not judged: the load could not run'

/** Reads a load test again, for the application that is to get its requests. */
type ReadFor = (running: readonly ProvidedApp[]) => Promise<LoadTest>

type Whose = Pick<LoadResult, 'file' | 'project'> & { test: string }

/**
 * The tests of one load test. They share one run of load, made by the first of them that Vitest runs: usually the one
 * that stands for the load itself, but a budget's when the others were filtered out.
 */
class LoadSuite {
  readonly #name: string
  readonly #test: LoadTest
  readonly #readFor: ReadFor
  #report: Promise<LoadReport> | undefined
  #files: WrittenFiles | undefined
  /** Paths of profiles. */
  #profiles: readonly string[] = []
  #log: Promise<string[]> | undefined
  #isToldWhy = false
  /** Doubts that the error of an undecided budget explains. */
  readonly #doubts = new Set<string>()
  /** The load was refused before it began. */
  #isRefused = false

  constructor(name: string, test: LoadTest, readFor: ReadFor) {
    this.#name = name
    this.#test = test
    this.#readFor = readFor
  }

  /** The test of the load itself: it could run, and some of it passed. */
  async load(context: TestContext, site: readonly Frame[]): Promise<void> {
    const report = await this.#run(context, site)
    const error = errors.loadError(this.#name, report, site, await this.#logBehind(report))
    if (error) throw this.#tell(error)
    // The budget that ended it fails; the load itself did what it should.
    const cut = report.endedBy
      ? undefined
      : report.doubts.find(({ kind }) => kind === 'cut short' || kind === 'lost host')
    const { onInconclusive } = this.#test.options
    // Three annotations at most: each is a line of its own in every reporter.
    if (cut && onInconclusive === 'warn')
      await annotate(context, site, `${summaryLine(report)}; inconclusive: ${doubtText(cut)}`, 'warning')
    else await annotate(context, site, summaryLine(report))
    const picture = { body: renderSvgChart(report), bodyEncoding: 'utf-8', contentType: 'image/svg+xml' }
    if (picture.body !== '') await annotate(context, site, 'rate and latency over time', picture)
    await this.#attachPage(context, site)
    if (cut && onInconclusive !== 'warn') await settleInconclusive(onInconclusive, doubtText(cut), context, site)
  }

  async budget(budget: Budget, context: TestContext, site: readonly Frame[]): Promise<void> {
    if (this.#isRefused && this.#isToldWhy) context.skip(NOT_JUDGED)
    const report = await this.#run(context, site)
    const verdict = report.verdicts.find(verdict => verdict.budget === budget.key)
    context.task.meta.budget = budgetMeta(budget, verdict, this.#files?.html)
    if (!verdict) {
      const why = errors.loadError(this.#name, report, site, await this.#logBehind(report))
      if (why && !this.#isToldWhy && !this.#willBeTold(context)) throw this.#tell(why)
      context.skip(NOT_JUDGED)
    }
    const hooks = this.#isToldWhy || this.#willBeTold(context) ? undefined : errors.hooksError(this.#name, report, site)
    if (hooks !== undefined) throw this.#tell(hooks)
    if (verdict.verdict === 'inconclusive')
      return settleInconclusive(this.#test.options.onInconclusive, becauseOnce(verdict, this.#doubts), context, site)
    if (verdict.verdict === 'fail') {
      // If nothing passed, the load's own test reports it.
      const log = report.measuredArrivals.passed > 0 ? await this.#logBehind(report) : []
      throw errors.budgetError(budget, report, verdict, site, log, this.#profiles)
    }
    const { title, value, aside, note } = verdict
    const figures = aside === undefined ? value : `${value} (${aside})`
    await annotate(context, site, `${title}: ${figures}${note === undefined ? '' : `. ${note}`}`, 'budget')
  }

  /** Throws what the load was refused for, once; who comes later has to look at that. */
  async #run(context: TestContext, site: readonly Frame[]): Promise<LoadReport> {
    this.#report ??= this.#runAlone(context)
    try {
      return await this.#report
    } catch (error) {
      // An application that could not be started is not the load's fault, and its log is with the error.
      if (!isUserError(error) || error.name === 'ServerStartError') throw error
      this.#isRefused = true
      throw this.#tell(errors.refusedError(this.#name, error, site))
    }
  }

  async #runAlone({ signal, task }: TestContext): Promise<LoadReport> {
    const identity = identityOf(task.suite!)
    startedApplications()
    const { commitOf } = await import('../../src/report/origin.ts')
    const loadTest = withTestLabel(this.#test, identity, () => commitOf(dirname(task.file.filepath)))
    const measured = await runExclusively(loadTest, this.#name, signal)
    const { report, files } = await this.#withCause(measured, signal)
    task.meta.load = withoutHistograms(report)
    const whose = { file: task.file.filepath, ...identity }
    this.#files = await this.#write(report, whose, signal)
    if (this.#files) task.meta.loadFiles = this.#files
    this.#profiles = await writeProfiles({ name: this.#name, ...whose }, files)
    return report
  }

  #withCause(report: LoadReport, signal: AbortSignal): ReturnType<typeof withCauseOfLoad> {
    const { application } = provided()
    const isOurs = knownApplications().some(({ isReused }) => !isReused)
    if (application === undefined || !isOurs) return Promise.resolve({ report, files: [] })
    const alone = <T>(look: () => Promise<T>) => client.exclusive(this.#name, look, signal)
    return withCauseOfLoad(report, { application, signal, read: this.#readFor, alone })
  }

  async #write(report: LoadReport, of: Whose, signal: AbortSignal): Promise<WrittenFiles | undefined> {
    const { file, ...identity } = of
    const reports = await keptReports(this.#test, signal)
    if (reports === undefined) return undefined
    const { originOf } = await import('../../src/report/origin.ts')
    const { renderMetrics } = await import('../../src/load/metrics/figures.ts')
    return touch('write', `the report of "${this.#name}"`, async files => {
      const origin = originOf(dirname(file))
      const metrics = await renderMetrics(report, { labels: identity, commit: origin.commit })
      const whose = { name: this.#name, file, ...identity, ...origin }
      return files.writeResult({ ...whose, report }, { ...reports, metrics })
    })
  }

  /** Vitest copies it into its own folder of attachments, and would fail the test where that cannot be written. */
  async #attachPage(context: TestContext, site: readonly Frame[]): Promise<void> {
    const { html } = this.#files ?? {}
    if (html === undefined) return
    const attach = () => annotate(context, site, 'report', { path: html, contentType: 'text/html' })
    const advice = "Check Vitest's attachmentsDir, or set reports: false."
    await touch('attach', `the report of "${this.#name}"`, attach, advice)
  }

  #logBehind(report: LoadReport): Promise<string[]> {
    this.#log ??= logBehindLoad(report)
    return this.#log
  }

  #tell(error: Error): Error {
    this.#isToldWhy = true
    return error
  }

  /** Whether the load's own test is there to say why it could not run. */
  #willBeTold({ task }: TestContext): boolean {
    return task.suite?.tasks[0]?.mode === 'run'
  }
}

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
class CompareSuite {
  readonly #name: string
  readonly #test: LoadTest
  #comparison: Promise<Comparison> | undefined
  #unaffected: Promise<string | undefined> | undefined
  /** Place of its first budget. */
  #site: readonly Frame[] | undefined
  /** Path of the file that has it. */
  #file: string | undefined
  readonly #readFor: ReadFor
  /** Paths of profiles. */
  #profiles: readonly string[] = []
  /** Parts of the page that show them. */
  #profiled: Pick<PageSection, 'icicle' | 'tables'> | undefined
  /** Whether each budget speaks of the base: then the load is not run by itself. */
  readonly isAlone: boolean

  constructor(name: string, test: LoadTest, readFor: ReadFor) {
    this.#name = name
    this.#test = test
    this.#readFor = readFor
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
    const why = found.map(one => one.found).join('; ')
    return errors.notComparedError(this.#name, why, first.advice, framesOf(first.budget))
  }

  async budget(budget: RelativeBudget, context: TestContext, site: readonly Frame[]): Promise<void> {
    startedApplications()
    const { sides, isNone } = provided()
    context.task.meta.budget = comparedMeta(budget, undefined, undefined)
    if (sides === undefined) {
      if (!isNone && isCi()) throw errors.notComparedError(this.#name, 'there is no base', NO_BASE, site)
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
    if (found.verdict === 'fail') throw errors.comparedError(found, comparison, site, this.#profiles)
    // A comparison without measurements is never neutral.
    this.#site ??= site
    if (comparison.cause !== undefined) throw errors.lostError(this.#name, comparison.cause, this.#site)
    if (found.pairs === 0) throw errors.unmeasuredError(words, site)
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
      await this.#touch(files => files.removeComparison(this.#whose(task), reports, this.isAlone))
    const sides = await sharedSides.open(options, of, signal)
    const git = new Git(of.root, of.environment, signal)
    const { commit } = sides.revisions.base ?? {}
    const trailers = commit === undefined || calibration !== undefined ? [] : await trailersOf(git, commit)
    const { budgets, notes: acceptances, ...accepting } = acceptedBy(trailers, this.#name, this.#test.relative)
    const revisions = await shownRevisions(options, of, sides.revisions, signal)
    const maxDuration = calibration?.duration ?? options.maxDuration
    const warmUp = { ...warmUpWithin(maxDuration), ...options.warmUp }
    const mayWarmLonger = Object.keys(options.warmUp).length === 0
    const duel = await Duet.open(this.#test, { signal, warmUp, mayWarmLonger, fileOfBase: sides.fileOfBase })
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
      const isAgain = options.onInconclusive === 'rerun' && isUndecided(first) && calibration === undefined
      const decided = isAgain ? await once(this.#test.load.seed + 1, [AGAIN]) : first
      const made = calibration
        ? decided
        : await this.#withCause(decided, { sides, duel, settings: of, seed: this.#test.load.seed, signal }, task)
      const all = { ...made, notes: [...made.notes, ...sharedSides.takeNotices(sides)], ...accepting }
      const comparison = maskedComparison(all, secretsOf(of))
      await this.#keep(comparison, { signal, task, ...context }, site, reports)
      return comparison
    } finally {
      await duel.close()
    }
  }

  async #withCause(
    decided: Comparison,
    given: Omit<Parameters<typeof withCause>[1], 'load'>,
    task: TestContext['task'],
  ): Promise<Comparison> {
    const { comparison, files, section } = await withCause(decided, { ...given, load: loadOf(this.#readFor, 0) })
    this.#profiled = section
    this.#profiles = await writeProfiles(this.#whose(task), files)
    return comparison
  }

  async #keep(
    comparison: Comparison,
    context: TestContext,
    site: readonly Frame[],
    reports: Settings['reports'],
  ): Promise<void> {
    const { task } = context
    const stored: StoredComparison = {
      version: 1,
      ...this.#whose(task),
      at: new Date(performance.timeOrigin + performance.now()).toISOString(),
      comparison,
    }
    task.meta.comparison = stored
    const { calibration } = provided()
    const text = `${JSON.stringify(stored, null, 1)}\n`
    if (calibration) writeFileSync(join(calibration.folder, `${randomUUID()}.json`), text)
    else if (reports !== undefined)
      await this.#touch(async files => {
        const { comparisonSection } = await import('../../src/compare/markdown.ts')
        const own = comparisonSection(comparison, stored.at)
        const { tables = [], ...profiled } = this.#profiled ?? {}
        const section = { ...own, ...profiled, tables: [...own.tables, ...tables] }
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

  #touch(change: (files: Files) => unknown): Promise<unknown> {
    return touch('write', `the comparison of "${this.#name}"`, change)
  }

  #whose({ file, suite }: TestContext['task']): Pick<StoredComparison, 'name' | 'file' | 'test' | 'project'> {
    return { name: this.#name, file: file.filepath, ...identityOf(suite!) }
  }
}

/** Paths of profiles that were written to the folder of a load test. */
async function writeProfiles(
  whose: Parameters<Files['writeNextTo']>[0],
  profiles: readonly ProfileFile[],
): Promise<readonly string[]> {
  const { reports } = settings() ?? {}
  if (reports === undefined || profiles.length === 0) return []
  const write = (files: Files) => profiles.map(({ name, text }) => files.writeNextTo(whose, reports, name, text))
  return (await touch('write', `the profiles of "${whose.name}"`, write)) ?? []
}

type Files = typeof import('../../src/report/files.ts')

/** Changes files that are for people to look at: where that cannot be done, the verdicts stand all the same. */
async function touch<T>(
  verb: string,
  thing: string,
  change: (files: Files) => T | Promise<T>,
  advice = 'Check the folder, or set reports: false.',
): Promise<T | undefined> {
  try {
    return await change(await import('../../src/report/files.ts'))
  } catch (error) {
    const { message } = error as Error
    // Errors about a forbidden folder have their own advice.
    console.warn(isUserError(error) ? plainLines(message) : failed(verb, thing, message, advice))
    return undefined
  }
}
