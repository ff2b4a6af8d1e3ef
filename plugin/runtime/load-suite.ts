import { dirname } from 'node:path'
import type { TestContext } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import type { LoadTest } from '../../src/load/plan/load-test.ts'
import type { Progress } from '../../src/load/plan/options.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { WrittenFiles } from '../../src/report/files.ts'
import type { LoadResult } from '../../src/report/result.ts'
import { renderSvgChart } from '../../src/report/svg.ts'
import { client } from '../coordinator/client.ts'
import { budgetError, hooksError, loadError, refusedError } from '../failure/load-error.ts'
import type { Frame } from '../failure/positioned-error.ts'
import { logBehindLoad } from './application-log.ts'
import { budgetMeta } from './budget-meta.ts'
import { annotate, settleInconclusive } from './inconclusive.ts'
import { identityOf, withTestLabel } from './load-case.ts'
import { summaryLine, withoutHistograms } from './load-summary.ts'
import { startedApplications } from './settings.ts'

const NOT_JUDGED = 'not judged: the load could not run'

type Whose = Pick<LoadResult, 'file' | 'project'> & { test: string }

/**
 * The tests of one load test. They share one run of load, made by the first of them that Vitest runs: usually the one
 * that stands for the load itself, but a budget's when the others were filtered out.
 */
export class LoadSuite {
  readonly #name: string
  readonly #test: LoadTest
  #report: Promise<LoadReport> | undefined
  #files: WrittenFiles | undefined
  #log: Promise<string[]> | undefined
  #isToldWhy = false
  /** The load was refused before it began. */
  #isRefused = false

  constructor(name: string, test: LoadTest) {
    this.#name = name
    this.#test = test
  }

  /** The test of the load itself: it could run, and some of it passed. */
  async load(context: TestContext, site: readonly Frame[]): Promise<void> {
    const report = await this.#run(context, site)
    const error = loadError(this.#name, report, site, await this.#logBehind(report))
    if (error) throw this.#tell(error)
    // The budget that ended it fails; the load itself did what it should.
    const cut = report.endedBy
      ? undefined
      : report.doubts.find(({ kind }) => kind === 'cut short' || kind === 'lost host')
    const { onInconclusive } = this.#test.options
    // Three annotations at most: each is a line of its own in every reporter.
    if (cut && onInconclusive === 'warn')
      await annotate(context, site, `${summaryLine(report)}; inconclusive: ${cut.text}`, 'warning')
    else await annotate(context, site, summaryLine(report))
    const chart = renderSvgChart(report)
    if (chart !== '')
      await annotate(context, site, 'rate and latency over time', {
        body: chart,
        bodyEncoding: 'utf-8' as const,
        contentType: 'image/svg+xml',
      })
    await this.#attachPage(context, site)
    if (cut && onInconclusive !== 'warn') await settleInconclusive(onInconclusive, cut.text, context, site)
  }

  async budget(budget: Budget, context: TestContext, site: readonly Frame[]): Promise<void> {
    if (this.#isRefused && this.#isToldWhy) context.skip(NOT_JUDGED)
    const report = await this.#run(context, site)
    const verdict = report.verdicts.find(verdict => verdict.budget === budget.key)
    context.task.meta.budget = budgetMeta(budget, verdict, this.#files?.html)
    if (!verdict) {
      const why = loadError(this.#name, report, site, await this.#logBehind(report))
      if (why && !this.#isToldWhy && !this.#willBeTold(context)) throw this.#tell(why)
      context.skip(NOT_JUDGED)
    }
    const hooks = this.#isToldWhy || this.#willBeTold(context) ? undefined : hooksError(this.#name, report, site)
    if (hooks !== undefined) throw this.#tell(hooks)
    if (verdict.verdict === 'inconclusive')
      return settleInconclusive(this.#test.options.onInconclusive, verdict.because, context, site)
    if (verdict.verdict === 'fail') {
      // If nothing passed, the load's own test reports it.
      const log = report.measuredArrivals.passed > 0 ? await this.#logBehind(report) : []
      throw budgetError(budget, report, verdict, site, log)
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
      throw this.#tell(refusedError(this.#name, error, site))
    }
  }

  async #runAlone({ signal, task }: TestContext): Promise<LoadReport> {
    // Most test files run no load, and need not wait for its engine to be loaded.
    const { runLoadTest } = await import('../../src/hosts/run.ts')
    const identity = identityOf(task.suite!)
    startedApplications()
    const { commitOf } = await import('../../src/report/commit.ts')
    const loadTest = withTestLabel(this.#test, identity, () => commitOf(dirname(task.file.filepath)))
    const onProgress = (progress: Progress) => client.sendProgress(this.#name, progress)
    const onWait = (line: string) => client.sendWaiting(this.#name, line)
    const run = () => runLoadTest(loadTest, { signal, onProgress, onWait, title: this.#name })
    const report = await client.exclusive(this.#name, run, signal)
    task.meta.load = withoutHistograms(report)
    this.#files = await this.#write(report, { file: task.file.filepath, ...identity }, signal)
    if (this.#files) task.meta.loadFiles = this.#files
    return report
  }

  /** Files are for people to look at: where they cannot be written, the verdicts stand all the same. */
  async #write(report: LoadReport, of: Whose, signal: AbortSignal): Promise<WrittenFiles | undefined> {
    const { file, ...identity } = of
    const { keptReports } = await import('./inconclusive.ts')
    const reports = await keptReports(this.#test, signal)
    if (reports === undefined) return undefined
    const { writeResult } = await import('../../src/report/files.ts')
    const { originOf } = await import('../../src/report/origin.ts')
    const { renderMetrics } = await import('../../src/load/metrics/render.ts')
    const { prefix, labels } = this.#test.metrics ?? {}
    try {
      const origin = originOf(dirname(file))
      const own = { ...identity, ...labels }
      const metrics = await renderMetrics(report, { prefix, labels: own, commit: origin.commit })
      const whose = { name: this.#name, file, ...identity, ...origin }
      return writeResult({ ...whose, report }, { ...reports, metrics })
    } catch (error) {
      const advice = 'Check the folder, or set reports: false.'
      const { message } = error as Error
      // Errors about a forbidden folder have their own advice.
      console.warn(isUserError(error) ? message : failed('write', `the report of "${this.#name}"`, message, advice))
      return undefined
    }
  }

  /** Vitest copies it into its own folder of attachments, and would fail the test where that cannot be written. */
  async #attachPage(context: TestContext, site: readonly Frame[]): Promise<void> {
    const { html } = this.#files ?? {}
    if (html === undefined) return
    try {
      await annotate(context, site, 'report', { path: html, contentType: 'text/html' })
    } catch (error) {
      const advice = "Check Vitest's attachmentsDir, or set reports: false."
      console.warn(failed('attach', `the report of "${this.#name}"`, (error as Error).message, advice))
    }
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
