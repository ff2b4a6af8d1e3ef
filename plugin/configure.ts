import { join, resolve } from 'node:path'
import process from 'node:process'
import type {
  Reporter,
  TestCase,
  TestModule,
  TestProject,
  TestSpecification,
  Vitest,
  VitestPluginContext,
} from 'vitest/node'
import { failed, isUserError } from '../src/ground/fault.ts'
import { pick } from '../src/ground/object.ts'
import { counted } from '../src/ground/words.ts'
import { whyIdle } from '../src/load/suites/hooks.ts'
import { assertOwnFolder, DEFAULT_FOLDER } from '../src/report/own-folder.ts'
import { checkClaims, claimDocuments, sharesWorker } from './claim.ts'
import { provideComparison } from './compare/provide.ts'
import type { CoordinatorAddress } from './coordinator/protocol.ts'
import { type Coordinator, type LogOf, openCoordinator, sessionOf } from './coordinator/server.ts'
import { documents, isDocument, ours } from './files.ts'
import { LoadKey } from './load-key.ts'
import { type ArazzoOptions, AS_WRITTEN, filesOf, suiteHooksOf } from './options.ts'
import LoadReporter from './reporter/index.ts'
import { failOnlyParts, nothingRan } from './reporter/nothing-ran.ts'
import { isLeftOpen, isOfLoad, untold } from './reporter/tests-of-load.ts'
import { BASE_IS_NONE, NO_BASE } from './runtime/notes.ts'
import type { Settings } from './runtime/settings.ts'
import { shareWorkers } from './sequencer.ts'
import { readEnvironmentFiles } from './server/environment-files.ts'
import { isListing } from './server/listing.ts'
import { mayNeedApplications } from './server/needed.ts'
import { leftOut, printNotice } from './server/notices.ts'
import { addSecretsOf } from './server/secrets.ts'
import { serversOf } from './server/servers.ts'
import { type ApplicationPlan, expectedOf, readServers } from './server/several.ts'
import { WatchKeys } from './watch/keys.ts'
import { Dependents, Restarts, watchingOf } from './watch/restarts.ts'

/**
 * Configures a project of Vitest. Called once per project, and again in watch mode after the configuration has changed.
 * If the configuration cannot be read, every document and load test fails with its fault, so that all reporters show
 * it. If tests are only listed, it is thrown.
 *
 * @param fault fault of the options themselves.
 */
export async function configure(
  context: VitestPluginContext,
  options: ArazzoOptions,
  readAhead: (documents: string[]) => void,
  fault?: Error,
): Promise<void> {
  const { project, vitest } = context
  const isRunning = claimDocuments(project, options)
  addReporter(vitest)
  if (project.isBrowserEnabled()) return
  watchRuns(vitest)
  for (const config of [project.config, vitest.config]) config.tags = withLoadTag(config.tags)
  const found = fault ?? (await setUp(project, options))
  if (found !== undefined && (await isListing())) throw found
  project.provide('vitest-arazzo:fault', found?.message)
  const { config } = project
  // Before the user's own: what these do is seen as well.
  config.setupFiles = [ours('setup.js'), ...config.setupFiles.filter(file => file !== ours('setup.js'))]
  beforeRuns(vitest, files => readAhead(documentsOf(files, project)))
  if (isRunning) addDocuments(project, vitest)
  refuseCache(context)
}

/** Returns the fault of project options such as folders and servers. */
async function setUp(project: TestProject, options: ArazzoOptions): Promise<Error | undefined> {
  try {
    await provide(project, options)
    return undefined
  } catch (error) {
    if (!isUserError(error)) throw error
    serversOf(project.vitest).plans.delete(project.name)
    return error
  }
}

async function provide(project: TestProject, options: ArazzoOptions): Promise<void> {
  const { vitest } = project
  await provideCoordinator(project)
  const files = await readEnvironmentFiles(project)
  project.provide('vitest-arazzo:environment', files)
  addSecretsOf(options, sessionOf(vitest).secrets, files)
  if (options.server) {
    provideServers(project, readServers(options.server, project.config.root), ours('global-setup.js'))
    beforeRuns(vitest, files => leaveOut(project, files, options))
  }
  provideComparison(project, options, files)
  project.provide('vitest-arazzo:settings', settingsOf(project, options))
}

/**
 * Has applications started before the tests of a project, and ended after them. Projects with the same options share
 * them.
 * @param globalSetup absolute path of the built global setup, which Vitest loads by itself.
 */
function provideServers(project: TestProject, plans: readonly ApplicationPlan[], globalSetup: string): void {
  serversOf(project.vitest).plans.set(project.name, plans)
  // Typed `string | string[]`, always a list once it is resolved.
  const files = project.config.globalSetup as string[]
  if (!files.includes(globalSetup)) project.config.globalSetup = [...files, globalSetup]
}

/** Has the applications of a project not started if no test of the run needs them. A test that does need them fails. */
async function leaveOut(project: TestProject, files: Specifications, { sources, severities }: ArazzoOptions) {
  const { name, vitest, config } = project
  const own = files.filter(file => file.project.name === name)
  const { plans } = serversOf(vitest)
  if (!plans.has(name) || own.length === 0 || (await mayNeedApplications(project, own, { sources, severities }))) return
  plans.delete(name)
  const message = leftOut(config.tagsFilter!, name)
  project.provide('vitest-arazzo:failure', [{ message, log: [], isMeant: true }])
  printNotice(vitest, [message], 'yellow')
}

function settingsOf({ config, vitest }: TestProject, options: ArazzoOptions): Settings {
  const { server, reports } = options
  return {
    ...pick(options, AS_WRITTEN),
    hooks: suiteHooksOf(options, config.root),
    ...filesOf(options, config.root),
    reports: reportsOf(config.root, reports),
    metrics: typeof reports === 'object' ? reports.metrics : undefined,
    server: server && { applications: expectedOf(server), isWatched: vitest.config.watch },
    testTimeout: config.testTimeout,
    tags: config.strictTags === false ? undefined : config.tags.map(({ name }) => name),
  }
}

function reportsOf(root: string, reports: ArazzoOptions['reports'] = true): Settings['reports'] {
  if (reports === false) return undefined
  const { folder: usual = DEFAULT_FOLDER, keep } = reports === true ? {} : reports
  // A calibration is not the last run of the load tests.
  const folder = process.env.VITEST_ARAZZO_CALIBRATE ? join(usual, 'calibration') : usual
  const path = resolve(root, folder)
  // A run of load takes long: that it may leave no files is to be known before.
  assertOwnFolder(path, root)
  return { folder: path, root, keep }
}

function addDocuments({ config }: TestProject, vitest: Vitest): void {
  config.include = withOnce(config.include, documents)
  shareWorkers(vitest, sharesWorker)
  // A document is a test file, not something to be covered.
  const { coverage } = vitest.config
  if ('exclude' in coverage && coverage.exclude) coverage.exclude = withOnce(coverage.exclude, documents)
}

/** Makes a new list: Vitest's defaults, and a list that a user gives to several projects, are one for all of them. */
function withOnce<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? [...list] : [...list, item]
}

type Specifications = readonly TestSpecification[]

/** Calls back when it is known which files will be run, and in which order. */
function beforeRuns(vitest: Vitest, callback: (files: Specifications) => unknown): void {
  const list = vitest.config.reporters as unknown[]
  list.push({ onTestRunStart: callback })
}

function documentsOf(files: Specifications, { name }: TestProject): string[] {
  return files
    .filter(file => file.project.name === name)
    .map(file => file.moduleId)
    .filter(isDocument)
}

type Tags = Vitest['config']['tags']

/** Time-outs and retries are not for load; and `--tags-filter=load` finds it. */
function withLoadTag(tags: Tags): Tags {
  if (tags.some(tag => tag.name === 'load')) return tags
  const description = 'A workflow run as load (vitest-arazzo).'
  return [...tags, { name: 'load', description, timeout: 0, retry: 0 }]
}

const reporters = new WeakMap<Vitest, LoadReporter>()

/** Once a Vitest, however many projects it has and however often it reads its configuration. */
function addReporter(vitest: Vitest): void {
  const reporter = reporters.get(vitest) ?? new LoadReporter()
  reporters.set(vitest, reporter)
  const list = vitest.config.reporters as unknown[]
  if (list.includes(reporter)) return
  list.push(reporter, guardOf(vitest), failOnlyParts(vitest), nothingDecidedReporter(vitest))
}

/** Sees to it that a run in which no document runs is not passed. */
function guardOf(vitest: Vitest): Reporter {
  return {
    // Every project has been set up by then.
    onInit: () => checkClaims(vitest),
    onTestRunEnd(modules) {
      const problem = nothingRan(vitest, modules, isDocument)
      const ofHooks = idleCleanUps(
        vitest,
        modules.filter(({ moduleId }) => isDocument(moduleId)),
      )
      const problems = [...untold(vitest, modules), ...ofHooks, ...(problem === undefined ? [] : [problem])]
      if (problems.length === 0) return
      process.exitCode = 1
      vitest.logger.errorStream.write(`\n${problems.join('\n\n')}\n\n`)
    },
  }
}

/**
 * Vitest may keep what `load` made of a document, by the document's text alone; but that also depends on the OpenAPI
 * files and on our options. The hook got its final name in Vitest 5.
 */
function refuseCache(context: object): void {
  type Define = (generate: (module: { id: string }) => false | undefined) => void
  const { defineCacheKeyGenerator, experimental_defineCacheKeyGenerator } = context as Record<
    string,
    Define | undefined
  >
  const define = defineCacheKeyGenerator ?? experimental_defineCacheKeyGenerator
  define?.(({ id }) => (isDocument(id) ? false : undefined))
}

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:coordinator': CoordinatorAddress | undefined
  }
}

/**
 * Gives a project's test files the coordinator of this Vitest, which is opened with the first project and closed with
 * Vitest.
 */
async function provideCoordinator(project: TestProject): Promise<void> {
  const { address } = await coordinatorOf(project.vitest)
  project.provide('vitest-arazzo:coordinator', { ...address, project: project.name })
}

function coordinatorOf(vitest: Vitest): Promise<Coordinator> {
  const session = sessionOf(vitest)
  const onApart = (file: string, project: string) => session.onApart?.(file, project)
  const logOf: LogOf = (project, application, since) => session.logs.get(project)?.(application, since) ?? ''
  session.coordinator ??= openCoordinator(onApart, logOf).then(coordinator => {
    vitest.onClose(() => coordinator.close())
    return coordinator
  })
  return session.coordinator
}

/**
 * Has applications restarted, and load tests wait for their key, while Vitest watches. Once for each server that Vitest
 * makes as its configuration changes.
 */
function watchRuns(vitest: Vitest): void {
  const watching = watchingOf(vitest)
  if (!vitest.config.watch || watching.for === vitest.vite) return
  const dependents = new Dependents()
  const restarts = new Restarts(vitest, dependents)
  const loadKey = new LoadKey(vitest)
  const hurry = () => restarts.hurry()
  const keys = new WatchKeys(vitest, [restarts, loadKey], () => restarts.isRunning, hurry)
  watching.keys?.retire()
  Object.assign(watching, { for: vitest.vite, restarts, keys })
  sessionOf(vitest).onApart = (file, project) => dependents.keptApart(file, project)
  const list = vitest.config.reporters as unknown[]
  let doLoadsWait = false
  list.push({
    onInit() {
      doLoadsWait = keys.listen()
      loadKey.wait(doLoadsWait)
    },
    onTestRunStart(specifications: readonly TestSpecification[]) {
      dependents.runStarts(specifications)
      restarts.runStarts()
    },
    onTestRunEnd() {
      restarts.runEnds()
      loadKey.wait(doLoadsWait)
    },
    onWatcherStart: () => keys.tell(),
  })
}

/**
 * Faults of clean-ups in the plugin's options: they never ran in a complete run in which every test passed. Partial
 * runs are not checked.
 */
function idleCleanUps(vitest: Vitest, modules: readonly TestModule[]): string[] {
  // Vitest has it, and its types do not tell.
  const { filenamePattern = [] } = vitest as { filenamePattern?: readonly string[] }
  const { shard, related, changed, watch } = vitest.config
  if (filenamePattern.length > 0 || shard || related || changed || watch || !modules.every(hasRunAll)) return []
  const found = new Map<string, { name: string; hasRun: boolean; missing: Set<string> }>()
  for (const module of modules)
    for (const { name, hasRun, missing } of module.meta().arazzoCleanUps ?? []) {
      const key = [module.project.name, name].join('\n')
      const known = found.get(key) ?? { name, hasRun: false, missing: new Set() }
      for (const one of missing) known.missing.add(one)
      found.set(key, { ...known, hasRun: known.hasRun || hasRun })
    }
  return [...found.values()]
    .filter(({ hasRun, missing }) => !hasRun && missing.size > 0)
    .map(({ name, missing }) =>
      failed('clean up', `with ${name} of the plugin's options`, whyIdle([...missing]), ADVICE),
    )
}

const ADVICE = 'Let the workflows that make something have outputs of these names, or remove it.'

/** Whether each test of a file passed, but for those that only say that a workflow is run by others. */
function hasRunAll(module: TestModule): boolean {
  const tests = [...module.children.allTests()]
  return tests.every(test => test.meta().arazzoPart === true || test.result().state === 'passed')
}

/** Exit code of an undecided run, the same as that of the command line. */
const INCONCLUSIVE = 3

/**
 * Gives a run an exit code of its own if tests of budgets were skipped as undecided and none was kept: Vitest calls it
 * passed, and it would look like a run that has kept them all.
 */
function nothingDecidedReporter(vitest: Vitest): Reporter {
  return {
    onTestRunEnd(modules, errors, reason) {
      if (reason !== 'passed' || errors.length > 0 || process.exitCode) return
      const tests = modules.flatMap(module => [...module.children.allTests()]).filter(isOfLoad)
      const open = tests.filter(isLeftOpen)
      if (open.length === 0 || tests.some(isKept)) return
      const found = `${counted(open.length, 'budget')} undecided, none kept`
      const [without, none] = [NO_BASE, BASE_IS_NONE].map(note => open.filter(test => endsWith(test, note)).length)
      const share = (count: number) => (count < open.length ? ` for ${count} of them` : '')
      const [why, advice] = none
        ? [`; the base is set to none${share(none)}`, 'Unset VITEST_ARAZZO_BASE_COMMIT to compare again.']
        : without
          ? [`; there is no base${share(without)}`, NO_BASE]
          : ['', 'Run it again, on a machine that does nothing else.']
      vitest.logger.error(failed('decide', 'any budget', `${found}${why}`, advice))
      process.exitCode = INCONCLUSIVE
    },
  }
}

function endsWith(test: TestCase, note: string): boolean {
  const result = test.result()
  return result.state === 'skipped' && result.note?.endsWith(note) === true
}

const isKept = (test: TestCase) => test.result().state === 'passed' && test.meta().budget?.verdict === 'pass'
