import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import type { TestAnnotation } from 'vitest'
import type { Reporter, TestCase, TestModule, TestProject, Vitest } from 'vitest/node'
import { ended, failed, isUserError } from '../../src/ground/fault.ts'
import { assertNoFaults, fieldsOf, keysOf } from '../../src/ground/fields.ts'
import { grouped } from '../../src/ground/group.ts'
import { plain, plainLines } from '../../src/ground/plain.ts'
import { tried } from '../../src/ground/tried.ts'
import { formatCount } from '../../src/ground/units.ts'
import { colorsOf } from '../../src/report/color.ts'
import { workflowCommand } from '../../src/report/markdown-parts.ts'
import { alone, assertOwnFolder, DEFAULT_FOLDER, markAsOwn, writeTogether } from '../../src/report/own-folder.ts'
import { terminalWidth } from '../../src/report/text.ts'
import type { BoardedLoad } from '../coordinator/protocol.ts'
import { type Coordinator, sessionOf } from '../coordinator/server.ts'
import { isDocument } from '../files.ts'
import type { BudgetMeta } from '../runtime/budget-meta.ts'
import { NOT_COMPARED } from '../runtime/notes.ts'
import { LoadCount } from './load-count.ts'
import type { LoadRun, RunTest } from './run-tests.ts'
import type { shown } from './shown.ts'
import { isOfLoad, nameOf, obstacleOf, obstaclesOf, obstaclesTo } from './tests-of-load.ts'

/** Options of the reporter: `reporters: ['default', ['vitest-arazzo/reporter', { verbose: true }]]`. */
interface LoadReporterOptions {
  /**
   * Whether whole tables are shown. Default: only with Vitest's own reporter `verbose`; otherwise hidden parts are
   * named.
   */
  verbose?: boolean
}

/**
 * Reporter of load tests: it shows progress, and a table when the file ends. Vitest's own reporters do everything else.
 * In a terminal it adds rows to Vitest's window; otherwise it writes lines every ten seconds to standard error. The
 * plugin adds it, and a second one prints nothing.
 */
export default class LoadReporter implements Reporter {
  #vitest: Vitest | undefined
  #coordinator: Coordinator | undefined
  readonly #unwatch: (() => void)[] = []
  /** Metrics pages that were printed already. */
  readonly #pages = new Set<string>()
  readonly #warned: Warned[] = []
  /** Whether a file of this run has load tests to run. */
  #hasLoad = false
  #count = new LoadCount(0)
  /** Parts that show loads; absent before there is one. */
  #shown: typeof shown | undefined
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
    if (!this.#isVerbose) hushLongTests(reportersOf(vitest))
    addProperties(reportersOf(vitest))
    this.#coordinator = await session.coordinator
    const board = this.#coordinator?.board
    if (board === undefined) return
    this.#unwatch.push(board.watch(load => this.#tellPage(load)))
    // Vitest ends its process at the first Ctrl-C, and no test gets to say anything.
    const onInterrupt = () => {
      vitest.logger.errorStream.write(this.#shown?.interruptText(board.loads) ?? '')
    }
    process.prependOnceListener('SIGINT', onInterrupt)
    this.#unwatch.push(() => void process.off('SIGINT', onInterrupt))
    vitest.onClose(() => void process.off('SIGINT', onInterrupt))
    const rowsOf = (load: BoardedLoad) =>
      this.#shown?.rowsOf({ ...load, name: this.#count.title(load) }, vitest.logger.getColumns() || 100) ?? []
    const isLive = addLiveRows(vitest, () => board.loads.flatMap(rowsOf))
    let log: InstanceType<(typeof shown)['ProgressLog']> | undefined
    const onLoad = async (load: BoardedLoad) => {
      const { ProgressLog } = await this.#open()
      if (isLive) return
      log ??= new ProgressLog(line => vitest.logger.errorStream.write(`${line}\n`))
      log.update(load, this.#count.title(load))
    }
    this.#unwatch.push(board.watch(load => void onLoad(load)))
  }

  async #open(): Promise<typeof shown> {
    this.#shown ??= (await import('./shown.ts')).shown
    return this.#shown
  }

  onTestRunStart(specifications: readonly unknown[]): void {
    this.#hasLoad = false
    this.#count = new LoadCount(specifications.length)
  }

  // Vitest waits for this before it runs a test of the file. That one has begun it tells later, or, where nothing
  // follows within its first 100 ms, not before its end.
  onTestModuleCollected(module: TestModule): void {
    this.#count.add(module)
    if (this.#vitest === undefined || this.#hasLoad || ![...module.children.allTests('pending')].some(isOfLoad)) return
    this.#hasLoad = true
    void this.#open()
    this.#inFolder(removeRunFiles)
  }

  async onTestModuleEnd(module: TestModule): Promise<void> {
    if (this.#vitest === undefined) return
    this.#count.add(module)
    this.#coordinator?.fileEnded(module.moduleId, module.project.name)
    for (const test of module.children.allTests()) {
      const { load, openapiWarnings } = test.meta()
      const count = openapiWarnings ?? load?.warnings?.length ?? 0
      if (count > 0)
        this.#warned.push({ count, module: module.relativeModuleId, test: load ? nameOf(test) : test.fullName })
    }
    if (!hasLoad(module)) return
    const { runTestsOf, blocksOf } = await this.#open()
    const width = terminalWidth(this.#vitest.logger.outputStream as object)
    for (const test of runTestsOf([module], { mask: text => text, obstacles: [] })) {
      // Nothing of one that passed, which is a line at the end of the run.
      const blocks = blocksOf(test, width, this.#isVerbose)
      for (const block of blocks) this.#print(block)
      if (blocks.length > 0 && test.page !== undefined) this.#print(`  report       ${plain(test.page)}`, '')
    }
  }

  get #isVerbose(): boolean {
    return this.#verbose ?? isVerbose(this.#vitest!)
  }

  async onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[], reason: string) {
    const vitest = this.#vitest
    if (vitest === undefined) return
    // Below Vitest's own summary, which knows nothing of it.
    const warned = this.#warned.splice(0)
    if (warned.length > 0) this.#print(`${warningLine(warned)}\n`, '')
    const { secrets } = sessionOf(vitest)
    const obstacles = obstaclesOf(vitest.projects)
    // Not awaited without need: what comes after this is to be printed below it.
    if (this.#shown === undefined && (obstacles.length > 0 || modules.some(hasLoad))) await this.#open()
    const run = this.#shown?.loadRunOf({ vitest, modules, errors, reason, obstacles, mask: text => secrets.mask(text) })
    // A load test that is not collected says nothing, and what was said before is not of this run.
    if (run === undefined && modules.some(module => module.errors().length > 0)) this.#inFolder(removeRunFiles)
    if (this.#shown === undefined || run === undefined) return
    const { causeWarnings, filesOf, removeOrphans } = this.#shown
    for (const line of uncomparedLines(run.tests)) this.#print(secrets.mask(line), '')
    if (process.env.GITHUB_ACTIONS === 'true')
      for (const line of causeWarnings(run.tests)) this.#print(secrets.mask(line), '')
    let page = run.tests.length === 1 ? run.tests[0]!.page : undefined
    this.#inFolder(folder => {
      removeOrphans({ folder, root: vitest.config.root }, namesIn(modules))
      writeRunFiles(folder, filesOf(run, folder))
      page ??= relative(process.cwd(), join(folder, 'index.html'))
    })
    this.#printEnd(this.#shown, run, page)
    this.#summarize(this.#shown.summaryText(run))
  }

  /** A line for each load test that passed, then how many there are, and the page. */
  #printEnd({ passedRows, countLine }: typeof shown, run: LoadRun, page: string | undefined): void {
    const [colors, width] = [colorsOf(), terminalWidth(this.#vitest!.logger.outputStream as object)]
    const rows = this.#isVerbose ? [] : passedRows(run.tests, width, colors)
    if (run.tests.length > 0) this.#print([...rows, countLine(run, page, colors)].join('\n'), '')
  }

  /** GitHub shows this file on the page of the job. */
  #summarize(text: string): void {
    const file = process.env.GITHUB_STEP_SUMMARY
    if (file === undefined || file === '') return
    try {
      appendFileSync(file, `\n${text}`)
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
    const text = isUserError(error) ? message : failed('write', thing, message, advice)
    this.#vitest!.logger.errorStream.write(`${plainLines(text)}\n`)
  }

  #retire(): void {
    this.#vitest = undefined
    for (const unwatch of this.#unwatch.splice(0)) unwatch()
  }

  /** Prints the address for scraping once, because the port may be random. */
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

const hasLoad = ({ children }: TestModule) => [...children.allTests()].some(isOfLoad)

/** Whether a run was asked to tell more, of its tests too. */
function isVerbose(vitest: Vitest): boolean {
  return (vitest.config.reporters as unknown[]).some(one => (Array.isArray(one) ? one[0] : one) === 'verbose')
}

/** Vitest's reporters that print a line for each file share a base; json, junit, tap and the like do not have it. */
function isForPeople(reporter: unknown): boolean {
  return typeof (reporter as { printTestModule?: unknown }).printTestModule === 'function'
}

/** The part of Vitest's reporters for people that prints a line of a test. It is private to Vitest. */
interface Printing {
  renderSucceed?: boolean
  printTestCase?(state: string, test: TestCase): void
}

/** Vitest names tests that took long. Load tests always do, and have lines of their own. */
function hushLongTests(reporters: readonly unknown[]): void {
  for (const reporter of reporters as Printing[]) {
    const print = reporter.printTestCase
    if (typeof print !== 'function') continue
    reporter.printTestCase = function (this: Printing, state, test) {
      if (state !== 'passed' || this.renderSucceed || !isOfLoad(test)) print.call(this, state, test)
    }
  }
}

/** Test in Vitest's JUnit reporter. */
interface WrittenTask {
  annotations?: readonly Pick<TestAnnotation, 'type' | 'message'>[]
  meta?: { budget?: BudgetMeta }
}

/** The part of Vitest's reporter that writes tests. It is private to Vitest, so this looks first. */
interface Writing {
  writeTasks?(tasks: readonly WrittenTask[], ...rest: unknown[]): Promise<void>
}

/**
 * Adds what the tests of budgets tell programs to their properties in JUnit files. Vitest's reporter makes properties
 * of annotations, and of nothing else: it is given tests that have more of them, which no other reporter gets to see.
 */
function addProperties(reporters: readonly unknown[]): void {
  for (const reporter of reporters.filter(one => isReporter(one, 'JUnitReporter')) as Writing[]) {
    const { writeTasks } = reporter
    if (typeof writeTasks !== 'function') continue
    reporter.writeTasks = function (this: Writing, tasks, ...rest) {
      return writeTasks.call(this, tasks.map(withProperties), ...rest)
    }
  }
}

function withProperties(task: WrittenTask): WrittenTask {
  const budget = task.meta?.budget
  return budget === undefined ? task : { ...task, annotations: [...(task.annotations ?? []), ...propertiesOf(budget)] }
}

/** `bound`, `100`, and so on: what there is, in the order of the type. */
function propertiesOf(budget: BudgetMeta): Pick<TestAnnotation, 'type' | 'message'>[] {
  return Object.entries(budget)
    .filter(([, value]) => value !== undefined)
    .map(([type, value]) => ({ type, message: String(value) }))
}

/** A test with warnings: how many, and of which file. */
interface Warned {
  count: number
  module: string
  test: string
}

/** Tests that are named; of more only how many there are. */
const SHOWN = 3

/** How many warnings there were, and where, as a line of Vitest's summary: they made no test fail. */
function warningLine(warned: readonly Warned[]): string {
  const count = warned.reduce((sum, { count }) => sum + count, 0)
  const places = warned.map(({ module, test }) => `${module} > ${test}`).sort()
  return `   Warnings  ${formatCount(count)} in ${plain(named(places))}`
}

/** A line for each reason for which load tests were not compared, with their names. */
function uncomparedLines(tests: readonly RunTest[]): string[] {
  const found = tests.flatMap(({ name, comparison, unaffected, notCompared: [first] }) => {
    const why = unaffected ?? first?.slice(first.indexOf(NOT_COMPARED))
    return why === undefined || comparison ? [] : [{ name: plain(name), why }]
  })
  return [...grouped(found, ({ why }) => why)].map(
    ([why, of]) => `   ${named(of.map(({ name }) => name))}: ${plain(ended(why))}`,
  )
}

function named(names: readonly string[]): string {
  const more = names.length - SHOWN
  const others = more > 0 ? ` and ${more} more ${more === 1 ? 'test' : 'tests'}` : ''
  return `${names.slice(0, SHOWN).join(', ')}${others}`
}

/** `comment.json` says that the others are there, and is written last. */
const FILES = ['summary.md', 'comment.md', 'index.html', 'comment.json']

/**
 * Folder for the files of a whole run: the folder of the load tests if all projects have the same one, otherwise that
 * of Vitest's root, also if a configuration cannot be read. Undefined if load tests write no files.
 */
function folderOfRun(vitest: Pick<Vitest, 'config'> & { projects: readonly TestProject[] }): string | undefined {
  const usual = resolve(vitest.config.root, DEFAULT_FOLDER)
  const folders = vitest.projects.flatMap(project => {
    const { 'vitest-arazzo:settings': settings, 'vitest-arazzo:fault': fault } = project.getProvidedContext()
    if (fault !== undefined) return [usual]
    return settings?.reports ? [settings.reports.folder] : []
  })
  if (folders.length === 0) return undefined
  return new Set(folders).size === 1 ? folders[0] : usual
}

/** Names of the suites of a file that was collected. */
function namesIn(modules: readonly TestModule[]) {
  const collected = modules.filter(module => module.errors().length === 0 && module.children.size > 0)
  return (file: string, project = ''): ReadonlySet<string> | undefined => {
    const module = collected.find(({ moduleId, project: { name } }) => moduleId === file && name === project)
    return module && new Set([...module.children.allSuites()].map(({ fullName }) => fullName))
  }
}

/** Removes files of an earlier run, so that they are not mistaken for those of this run. */
function removeRunFiles(folder: string): void {
  if (!existsSync(folder)) return
  assertOwnFolder(folder)
  withLock(folder, () => {
    for (const name of [...FILES].reverse()) rmSync(join(folder, name), { force: true })
  })
}

/** Writes what a run says of load: `summary.md`, `comment.md`, `index.html` and `comment.json`, each whole. */
function writeRunFiles(folder: string, texts: readonly string[]): void {
  assertOwnFolder(folder)
  markAsOwn(folder)
  withLock(folder, () => {
    writeTogether(FILES.map((name, index) => [join(folder, name), texts[index]!] as const))
  })
}

const withLock = (folder: string, write: () => void) => alone(join(folder, 'run'), write)

/** Annotations of one run. GitHub itself shows ten of a step. */
const MOST = 10

/** Part of Vitest's reporter for GitHub that writes annotations. */
interface GithubReporter {
  options?: { onWritePath?(path: string): string }
  onTestCaseAnnotate(test: TestCase, annotation: TestAnnotation): unknown
  onTestRunEnd(modules: readonly TestModule[], ...rest: unknown[]): unknown
}

/**
 * Limits the annotations of Vitest's reporter for GitHub: obstacles to the whole run, each once; then failed load tests
 * and documents, and undecided or warned ones, ten in all. Annotations of other tests are unchanged.
 */
function keepAnnotationsFew(vitest: Vitest, reporters: readonly unknown[]): void {
  for (const reporter of reporters)
    if (isReporter(reporter, 'GithubActionsReporter')) restrain(vitest, reporter as unknown as GithubReporter)
}

function restrain(vitest: Vitest, reporter: GithubReporter): void {
  const { onTestCaseAnnotate: annotate, onTestRunEnd: end } = reporter
  let held: [TestCase, TestAnnotation][] = []
  reporter.onTestCaseAnnotate = function (this: GithubReporter, ...annotation) {
    const [test, { type }] = annotation
    if (!isOurs(test)) return annotate.apply(this, annotation)
    if (type === 'warning' || type === 'error') held.push(annotation)
  }
  reporter.onTestRunEnd = function (this: GithubReporter, modules, ...rest) {
    const obstacles = obstacleAnnotations(vitest, modules, path => this.options?.onWritePath?.(path) ?? path)
    for (const line of obstacles) vitest.logger.log(`\n${line}`)
    const left = Math.max(0, MOST - obstacles.length)
    const failed = modules.flatMap(failedIn)
    const warned = held
    held = []
    for (const annotation of warned.slice(0, Math.max(0, left - failed.length))) annotate.apply(this, annotation)
    const quiet = new Set(failed.slice(left))
    return end.call(this, quiet.size === 0 ? modules : modules.map(module => hushed(module, quiet)), ...rest)
  }
}

const isOurs = (test: TestCase) => isDocument(test.module.moduleId) || isOfLoad(test)

/** Part of the tree of tasks that Vitest's reporter walks through. */
interface Task {
  id: string
  tasks?: Task[]
  result?: { errors?: unknown[] }
}

/**
 * Ids of failures in a module: the module itself, if it is a document that could not run, and its tests, except those
 * that an obstacle prevented.
 */
function failedIn(module: TestModule): string[] {
  const failed = [...module.children.allTests('failed')].filter(isOurs)
  const tests = failed.filter(test => !test.result().errors?.every(isObstacle))
  const own = isDocument(module.moduleId) && module.errors().length > 0 ? [module.id] : []
  return [...own, ...tests.map(({ id }) => id)]
}

/** Module as the reporter sees it: some of the failed tests have no messages. */
function hushed(module: TestModule, quiet: ReadonlySet<string>): TestModule {
  const { task } = module as unknown as { task: Task }
  return Object.create(module, { task: { value: without(task, quiet) } })
}

function without(task: Task, quiet: ReadonlySet<string>): Task {
  const result = quiet.has(task.id) ? { ...task.result, errors: [] } : task.result
  return { ...task, result, ...(task.tasks && { tasks: task.tasks.map(inner => without(inner, quiet)) }) }
}

/** Obstacles by the name of the error that each test fails by: a title, and what of the configuration is to blame. */
const KINDS: Readonly<Record<string, { title: string; culprit: RegExp }>> = {
  ServerStartError: { title: 'The application did not start', culprit: /\bserver\s*:/ },
  ConfigurationError: { title: 'The configuration cannot be read', culprit: /\barazzo\s*\(/ },
}

interface Annotated {
  kind: string
  /** With the log of an application. */
  message: string
  project: TestProject
}

/**
 * GitHub annotations for obstacles of projects, each once, as lines of the log. They refer to the configuration: the
 * error has no place, so Vitest's reporter leaves it out.
 *
 * @param shown makes the path for GitHub from an absolute one.
 */
function obstacleAnnotations(vitest: Vitest, modules: readonly TestModule[], shown: (path: string) => string) {
  const found = [...vitest.projects.flatMap(providedTo), ...modules.flatMap(failedBy)]
  const distinct = found.filter(({ message }, i) => found.findIndex(other => other.message === message) === i)
  return distinct.map(obstacle => annotationOf(obstacle, vitest, shown))
}

const providedTo = (project: TestProject): Annotated[] =>
  obstaclesTo(project).map(({ kind, whole }) => ({ kind, message: whole, project }))

/** Obstacles that a run on another machine had, of which its tests alone tell. */
function failedBy({ children, project }: TestModule): Annotated[] {
  const errors = [...children.allTests('failed')].flatMap(test => test.result().errors ?? [])
  return errors.filter(isObstacle).map(({ name, message, diff }) => {
    return { kind: name!, message: obstacleOf(message, diff).whole, project }
  })
}

/** Whether an error of a test is one by which all tests of its project fail. */
const isObstacle = ({ name }: { name?: string }): boolean => name !== undefined && Object.hasOwn(KINDS, name)

function annotationOf({ kind, message, project }: Annotated, vitest: Vitest, shown: (path: string) => string): string {
  const { title, culprit } = KINDS[kind]!
  const file = project.vite.config.configFile || vitest.vite.config.configFile
  const place = file && { file: shown(file), line: lineIn(file, culprit) }
  return workflowCommand('error', { ...place, title }, message)
}

/** Number of the first line that matches, from 1; the first where none does. */
function lineIn(file: string, culprit: RegExp): number {
  const lines = tried(() => readFileSync(file, 'utf8'))?.split('\n') ?? []
  const at = lines.findIndex(line => culprit.test(line))
  return Math.max(0, at) + 1
}

/** Whether it is a reporter of Vitest, or a subclass of it: by the name of its class, the same in all versions. */
function isReporter(reporter: unknown, name: 'JUnitReporter' | 'GithubActionsReporter'): reporter is object {
  if (typeof reporter !== 'object') return false
  for (let of = reporter; of !== null; of = Object.getPrototypeOf(of)) if (of.constructor?.name === name) return true
  return false
}

/** The part of Vitest's default reporter (and of verbose and tree) that draws the rows at the bottom of a terminal. */
interface Summary {
  createSummary(): string[]
}

/**
 * Adds rows to the window that Vitest draws at the bottom of a terminal. That window is private to Vitest's reporters,
 * so this looks first: false when none of them has one, as without a terminal, and for `dot` and for other versions.
 */
export function addLiveRows(vitest: Vitest, rows: () => string[]): boolean {
  const summaries = reportersOf(vitest).flatMap(reporter => summaryOf(reporter) ?? [])
  for (const summary of summaries) {
    const original = summary.createSummary
    summary.createSummary = function (this: Summary) {
      const lines = original.call(this)
      // The first line is empty, and sets the window off from what was printed.
      return Array.isArray(lines) && lines[0] === '' ? ['', ...rows(), ...lines.slice(1)] : lines
    }
  }
  return summaries.length > 0
}

/** All reporters of a run. The list exists in every version but is not declared. */
const reportersOf = (vitest: Vitest): unknown[] => (vitest as unknown as { reporters?: unknown[] }).reporters ?? []

function summaryOf(reporter: unknown): Summary | undefined {
  const summary = (reporter as { summary?: Partial<Summary> } | null)?.summary
  return typeof summary?.createSummary === 'function' ? (summary as Summary) : undefined
}
