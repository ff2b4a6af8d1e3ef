import { appendFileSync } from 'node:fs'
import { relative } from 'node:path'
import process from 'node:process'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'
import { renderComparison } from '../../src/compare/results/render.ts'
import { shownStored } from '../../src/compare/results/shown.ts'
import { failed, isForeseen } from '../../src/ground/fault.ts'
import { assertNoFaults, fieldsOf, keysOf } from '../../src/ground/fields.ts'
import { plain } from '../../src/ground/plain.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { colorsOf } from '../../src/report/color.ts'
import type { NamedReport } from '../../src/report/html/page.ts'
import { renderProgressRows } from '../../src/report/progress.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { cut, cutMiddle, widthOf } from '../../src/report/text.ts'
import type { BoardedLoad } from '../coordinator/load-board.ts'
import type { Coordinator } from '../coordinator/server.ts'
import { sessionOf } from '../coordinator/session.ts'
import type {} from '../runtime/annotations.ts'
import type {} from '../runtime/load-summary.ts'
import { keepAnnotationsFew } from './github.ts'
import { addProperties } from './junit.ts'
import { addLiveRows, reportersOf } from './live-rows.ts'
import { obstaclesOf } from './obstacles.ts'
import { ProgressLog } from './progress-log.ts'
import { folderOfRun, removeRunFiles, writeRunFiles } from './run-files.ts'
import { isOfLoad, type LoadRun, loadRunOf, nameOf } from './run-tests.ts'
import { summaryText } from './run-texts.ts'
import { uncomparedLines, type Warned, warningLine } from './warnings.ts'

/** What a reporter of load tests takes: `reporters: ['default', ['vitest-arazzo/reporter', { verbose: true }]]`. */
export interface LoadReporterOptions {
  /**
   * Whether tables are shown whole. Default: they are beside Vitest's own reporter `verbose`; else what has no room is
   * named only.
   */
  verbose?: boolean
}

/**
 * Shows load tests: how one gets on while it runs, and its table once its file has ended. Stands beside Vitest's own
 * reporters and leaves everything else to them. In a terminal it adds rows to the window that Vitest draws; elsewhere
 * it writes lines every ten seconds to standard error. The plugin adds it; a second one keeps quiet.
 */
export default class LoadReporter implements Reporter {
  #vitest: Vitest | undefined
  #coordinator: Coordinator | undefined
  readonly #unwatch: (() => void)[] = []
  /** That were told of. */
  readonly #pages = new Set<string>()
  readonly #warned: Warned[] = []
  /** Whether a file of this run has load tests to run. */
  #hasLoad = false
  readonly #verbose: boolean | undefined

  /** Throws a TypeError with all that is wrong with its options. */
  constructor(options: LoadReporterOptions = {}) {
    const fields = fieldsOf(options, 'Write an object: { verbose: true }.')
    fields.checkKeys(keysOf<LoadReporterOptions>({ verbose: true }))
    this.#verbose = fields.flag('verbose')
    assertNoFaults(fields.faults)
  }

  async onInit(vitest: Vitest): Promise<void> {
    const session = sessionOf(vitest)
    const other = session.reporter
    if (other !== undefined && other !== this && reportersOf(vitest).includes(other)) return
    // Vitest makes new reporters when a change of its configuration makes it start anew.
    if (other instanceof LoadReporter) other.#retire()
    session.reporter = this
    this.#vitest = vitest
    keepAnnotationsFew(vitest, reportersOf(vitest))
    addProperties(reportersOf(vitest))
    this.#coordinator = await session.coordinator
    const board = this.#coordinator?.board
    if (board === undefined) return
    this.#unwatch.push(board.watch(load => this.#tellPage(load)))
    const isLive = addLiveRows(vitest, () => board.loads.flatMap(load => rowsOf(load, vitest.logger.getColumns())))
    if (isLive) return
    const log = new ProgressLog(line => vitest.logger.errorStream.write(`${line}\n`))
    this.#unwatch.push(board.watch(load => log.update(load)))
  }

  onTestRunStart(): void {
    this.#hasLoad = false
  }

  // Vitest waits for this before it runs a test of the file. That one has begun it tells later, or, where nothing
  // follows within its first 100 ms, not before its end.
  onTestModuleCollected(module: TestModule): void {
    if (this.#vitest === undefined || this.#hasLoad || ![...module.children.allTests('pending')].some(isOfLoad)) return
    this.#hasLoad = true
    this.#inFolder(removeRunFiles)
  }

  onTestModuleEnd(module: TestModule): void {
    if (this.#vitest === undefined) return
    this.#coordinator?.fileEnded(module.moduleId, module.project.name)
    for (const test of module.children.allTests()) {
      const { load, loadFiles, openapiWarnings, comparison, budget } = test.meta()
      const count = openapiWarnings ?? load?.warnings?.length ?? 0
      if (count > 0)
        this.#warned.push({ count, module: module.relativeModuleId, test: load ? nameOf(test) : test.fullName })
      if (comparison !== undefined && !isLoaded(test)) {
        this.#print(renderComparison(shownStored(comparison), terminalWidth(this.#vitest) ?? 100))
        if (budget?.report) this.#print(`  report       ${budget.report}`, '')
      }
      if (load === undefined) continue
      // Its histograms were left behind, and a table has no use for them.
      const run = { name: nameOf(test), report: load as LoadReport, history: loadFiles?.history }
      this.#print(renderTable(this.#vitest, run, this.#verbose ?? isVerbose(this.#vitest)))
      if (loadFiles) this.#print(`  report       ${relative(process.cwd(), loadFiles.html)}`, '')
    }
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[], reason: string): void {
    const vitest = this.#vitest
    if (vitest === undefined) return
    // Below Vitest's own summary, which knows nothing of it.
    const warned = this.#warned.splice(0)
    if (warned.length > 0) this.#print(`${warningLine(warned)}\n`, '')
    const { secrets } = sessionOf(vitest)
    const obstacles = obstaclesOf(vitest.projects)
    const run = loadRunOf({ vitest, modules, errors, reason, obstacles, mask: text => secrets.mask(text) })
    // A load test that is not collected says nothing, and what was said before is not of this run.
    if (run === undefined && modules.some(module => module.errors().length > 0)) this.#inFolder(removeRunFiles)
    if (run === undefined) return
    for (const line of uncomparedLines(run.tests)) this.#print(secrets.mask(line), '')
    this.#inFolder(folder => writeRunFiles(folder, run))
    this.#summarize(run)
  }

  /** GitHub shows what stands in this file on the page of the job. */
  #summarize(run: LoadRun): void {
    const file = process.env.GITHUB_STEP_SUMMARY
    if (file === undefined || file === '') return
    try {
      appendFileSync(file, `\n${summaryText(run)}`)
    } catch (error) {
      this.#warn('the job summary', error as Error, 'Check the environment variable GITHUB_STEP_SUMMARY.')
    }
  }

  /** Files are for people to look at: where they cannot be written, the verdicts stand all the same. */
  #inFolder(write: (folder: string) => void): void {
    try {
      const folder = folderOfRun(this.#vitest!)
      if (folder !== undefined) write(folder)
    } catch (error) {
      this.#warn('the summary of the run', error as Error, 'Check the folder, or set reports: false.')
    }
  }

  #warn(thing: string, error: Error, advice: string): void {
    const { message } = error
    const text = isForeseen(error) ? message : failed('write', thing, message, advice)
    this.#vitest!.logger.errorStream.write(`${text}\n`)
  }

  #retire(): void {
    this.#vitest = undefined
    for (const unwatch of this.#unwatch.splice(0)) unwatch()
  }

  /** Where a load can be scraped, once: the port may be any. */
  #tellPage({ name, progress }: BoardedLoad): void {
    const line = `${plain(name)}: metrics at ${progress?.metrics}\n`
    if (progress?.metrics === undefined || this.#pages.has(line)) return
    this.#pages.add(line)
    this.#vitest!.logger.errorStream.write(line)
  }

  /** Writes where Vitest's own report goes, standard output, unless that is for machines and a table would break it. */
  #print(text: string, before = '\n'): void {
    const { logger } = this.#vitest!
    const stream = reportersOf(this.#vitest!).some(isForPeople) ? logger.outputStream : logger.errorStream
    stream.write(`${before}${text}\n`)
  }
}

function rowsOf({ name, state, progress, standing }: BoardedLoad, width: number): string[] {
  if (progress !== undefined) return renderProgressRows(progress, name, width, colorsOf())
  const what = state === 'waiting' ? 'waiting for other test files' : (standing?.words ?? 'starting')
  const room = Math.max(0, width - widthOf(` ⚡   ${what}`))
  return [cut(` ⚡ ${cutMiddle(plain(name), room)}  ${what}`, width)]
}

function renderTable(vitest: Vitest, { name, report, history }: NamedReport, verbose: boolean): string {
  return renderLoadReport(report, { name, width: terminalWidth(vitest), history, verbose })
}

function terminalWidth({ logger: { outputStream } }: Vitest): number | undefined {
  return 'columns' in outputStream && outputStream.columns > 0 ? Math.min(outputStream.columns, 120) : undefined
}

/** Whether the load of a test was also run by itself. */
const isLoaded = ({ parent }: TestCase) =>
  [...parent.children].some(one => one.type === 'test' && one.meta().load !== undefined)

/** Whether a run was asked to tell more, of its tests too. */
function isVerbose(vitest: Vitest): boolean {
  return (vitest.config.reporters as unknown[]).some(one => (Array.isArray(one) ? one[0] : one) === 'verbose')
}

/** Vitest's reporters that print a line for each file share a base; json, junit, tap and the like do not have it. */
function isForPeople(reporter: unknown): boolean {
  return typeof (reporter as { printTestModule?: unknown }).printTestModule === 'function'
}
