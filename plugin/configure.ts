import { resolve } from 'node:path'
import type { TestProject, TestSpecification, Vitest, VitestPluginContext } from 'vitest/node'
import { withAbsolutePaths } from '../src/workflow/channel/connect.ts'
import { checkClaim, claimsDocuments } from './claim.ts'
import { provideCoordinator } from './coordinator/provide.ts'
import { documents, isDocument, ours } from './files.ts'
import type { ArazzoOptions } from './options.ts'
import LoadReporter from './reporter/index.ts'
import type { Settings } from './runtime/settings.ts'
import { provideServer } from './server/provide.ts'
import { shareWorkers } from './share-workers.ts'

/** Sets a project of Vitest up. Called once a project, and again when a changed configuration is read in watch mode. */
export async function configure(
  { project, vitest, ...context }: VitestPluginContext,
  options: ArazzoOptions,
  readAhead: (documents: string[]) => void,
): Promise<void> {
  if (project.isBrowserEnabled()) return
  await provideCoordinator(project)
  if (options.server) provideServer(project, options.server, ours('global-setup.js'))
  project.provide('vitest-arazzo:settings', settingsOf(project, options))
  addOnce(project.config.setupFiles, ours('setup.js'))
  for (const { tags } of [project.config, vitest.config]) addLoadTag(tags)
  addReporter(vitest, options)
  beforeRuns(vitest, files => readAhead(documentsOf(files, project)))
  if (claimsDocuments(vitest, project, options.project)) addDocuments(project, vitest, options)
  refuseCache(context)
}

function settingsOf({ config }: TestProject, options: ArazzoOptions): Settings {
  const { inputs, servers, sources, severities, allowHosts, onInconclusive, server } = options
  const { channels, checks, followRedirects, maxVisits, metrics, security, transport } = options
  const { target, targets } = options
  return {
    inputs,
    servers,
    sources,
    severities,
    checks,
    followRedirects,
    maxVisits,
    channels:
      channels === undefined ? undefined : (withAbsolutePaths(channels, config.root) as Settings['channels']),
    security,
    allowHosts,
    transport,
    onInconclusive,
    metrics,
    reports: reportsOf(config.root, options.reports),
    target,
    targets,
    server: server && { probe: server.probe === true },
    testTimeout: config.testTimeout,
  }
}

function reportsOf(root: string, reports: ArazzoOptions['reports'] = true): Settings['reports'] {
  if (reports === false) return undefined
  const { folder = '.vitest-arazzo', keep = 0 } = reports === true ? {} : reports
  return { folder: resolve(root, folder), keep }
}

function addDocuments(project: TestProject, vitest: Vitest, { isolate = false }: ArazzoOptions): void {
  addOnce(project.config.include, documents)
  if (!isolate) shareWorkers(vitest, isDocument)
  // A document is a test file, not something to be covered.
  const { coverage } = vitest.config
  if ('exclude' in coverage && coverage.exclude) addOnce(coverage.exclude, documents)
}

function addOnce<T>(list: T[], item: T): void {
  if (!list.includes(item)) list.push(item)
}

type Specifications = readonly TestSpecification[]

/** Calls back when it is known which files will be run, and in which order. */
function beforeRuns(vitest: Vitest, callback: (files: Specifications) => void): void {
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
function addLoadTag(tags: Tags): void {
  if (tags.some(tag => tag.name === 'load')) return
  tags.push({ name: 'load', description: 'A workflow run as load (vitest-arazzo).', timeout: 0, retry: 0 })
}

const reporters = new WeakMap<Vitest, LoadReporter>()

/** Once a Vitest, however many projects it has and however often it reads its configuration. */
function addReporter(vitest: Vitest, { project: wanted }: ArazzoOptions): void {
  const reporter = reporters.get(vitest) ?? new LoadReporter()
  reporters.set(vitest, reporter)
  const list = vitest.config.reporters as unknown[]
  if (list.includes(reporter)) return
  list.push(reporter)
  // By then every project has been set up.
  if (wanted !== undefined) list.push({ onInit: () => checkClaim(vitest, wanted) })
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
