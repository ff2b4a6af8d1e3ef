import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { TestProject, Vite, Vitest } from 'vitest/node'
import type { ArazzoDocument } from '../src/document/model.ts'
import { documentName } from '../src/document/names.ts'
import { readArazzo } from '../src/document/read.ts'
import { errorsAmong, type Problem } from '../src/ground/errors.ts'
import { isUserError } from '../src/ground/fault.ts'
import type { SuiteHook } from '../src/load/suites/hooks.ts'
import { hasOrphans, isForOthers, type Suite, suitesOf, untestedProblems } from '../src/load/suites/parts.ts'
import { configure } from './configure.ts'
import { problemsOf } from './document-problems.ts'
import { documentId, isDocument, ours } from './files.ts'
import { type ArazzoOptions, checkOptions, PLUGIN_NAME, suiteHooksOf } from './options.ts'
import { slashed } from './server/globs.ts'
import { Ahead, brokenModule, type Made } from './transform/ahead.ts'
import { isOneTested, neighboursOf } from './transform/neighbours.ts'
import { quote, suiteModule } from './transform/suite.ts'

export type { CompareOptions } from './compare/options.ts'
export type { ArazzoOptions } from './options.ts'
export type { ServerOptions } from './server/options.ts'
export type { OneOfServers, SeveralServers } from './server/several.ts'

/**
 * The plugin: Arazzo documents become test files, the application under test is started and ended, and load tests get
 * their turn, their live progress and their tables.
 */
export default function arazzo(options: ArazzoOptions = {}): Vite.Plugin {
  // Reported by the tests of every project, because an error thrown here is in no report.
  const fault = faultOf(options)
  const taken = fault === undefined ? options : {}
  const projects = new Set<TestProject>()
  const ahead = new Ahead(async file => {
    const made = await suiteOf(file, taken, hooksAmong(projects, taken), () => filesOf(projects))
    const isUnknown = fault !== undefined && made.isBroken
    return isUnknown ? { ...made, generated: unconfiguredModule(ours('runtime.js')) } : made
  })
  let vitest: Vitest | undefined
  const plugin: Vite.Plugin = {
    name: PLUGIN_NAME,
    api: { options: taken, fault },
    enforce: 'pre',
    config: config => ({
      test: {
        server: { deps: dependencies(config) },
        // Plugins of a root configuration come to those of its projects that extend it: without one of these,
        // `configureVitest` is never called.
        ...(hasProjects(config) && { globalSetup: [ours('global-setup.js')] }),
      },
    }),
    configureVitest(context) {
      if (isOverruled(plugin, context.project.vite.config)) return
      projects.add(context.project)
      vitest = context.vitest
      return configure(context, taken, files => void ahead.begin(files), fault)
    },
    // Vite would parse files that end in .json, and lose their dependencies.
    resolveId: {
      order: 'pre',
      filter: { id: /\.arazzo\.json$/ },
      async handler(id, importer, rest) {
        if (vitest === undefined || isOverruled(plugin, this.environment.getTopLevelConfig())) return null
        const resolved = await this.resolve(id, importer, { ...rest, skipSelf: true })
        return resolved && { ...resolved, id: `${resolved.id}#arazzo` }
      },
    },
    load: {
      filter: { id: documentId },
      async handler(id) {
        if (vitest === undefined || isOverruled(plugin, this.environment.getTopLevelConfig())) return null
        const file = id.replace(/#arazzo$/, '')
        const { files, warnings, generated } = await ahead.take(file)
        relate(vitest, file, files)
        for (const dependency of files) this.addWatchFile(dependency)
        for (const { message, at } of warnings) this.warn({ message, id: at.file, loc: at })
        return { ...generated, moduleType: 'js' }
      },
    },
    // Changes nothing: a module depends on the documents that it names as much as on what it imports.
    transform: {
      filter: { id: { exclude: [/\/node_modules\//] } },
      async handler(code, id) {
        if (vitest === undefined || isOverruled(plugin, this.environment.getTopLevelConfig())) return
        if (isDocument(id)) return knownByFile(vitest, this.environment, id)
        if (!documentName.test(code)) return
        const file = id.replace(/[?#].*$/, '')
        const { sources, severities } = taken
        for (const document of documentsNamedIn(code, file, vitest.config.root)) {
          const madeOf = [document, ...(await readArazzo(document, { sources, severities })).files]
          relate(vitest, file, madeOf)
          for (const dependency of madeOf) this.addWatchFile(dependency)
        }
      },
    },
  }
  return plugin
}

/**
 * A document that may be read by what the plugin's configuration says, and that cannot be read: a test which fails by
 * it.
 *
 * @param runtime absolute path of the runtime module.
 */
function unconfiguredModule(runtime: string): { code: string; map: null } {
  const code = [
    "import { test } from 'vitest'",
    `import { settings } from ${quote(runtime)}`,
    "test('configuration of vitest-arazzo', () => void settings())",
    '',
  ]
  return { code: code.join('\n'), map: null }
}

/**
 * Vitest 5 looks up what a test file is made of by its path, under which a JSON document is not known (see `resolveId`
 * of the plugin).
 */
function knownByFile(vitest: Vitest, environment: Vite.Environment, id: string): void {
  const file = id.replace(/#.*$/, '')
  if (file === id || vitest.config.related === undefined || environment.mode !== 'dev') return
  const { idToModuleMap } = environment.moduleGraph
  const module = idToModuleMap.get(id)
  if (module !== undefined && !idToModuleMap.has(file)) idToModuleMap.set(file, module)
}

/**
 * Has `vitest related` and `--changed` find a module by what it is made of. Vitest 4 follows imports only, but has each
 * test file made first and looks at its list afterwards: a module made of a file on the list belongs on it too.
 */
function relate(vitest: Vitest | undefined, module: string, madeOf: readonly string[]): void {
  const related = vitest?.config.related
  if (related === undefined || related.includes(module)) return
  if (madeOf.some(file => related.includes(slashed(file)))) related.push(slashed(module))
}

/** How a module names a document: as a literal, maybe with the workflow's name behind it. */
const literal = /(['"`])((?:(?!\1)[^\n])*?\.arazzo\.(?:ya?ml|json))(?:#(?:(?!\1)[^\n])*)?\1/g

/**
 * The documents that a module names in its text, which Vite knows nothing of: `loadTest('checkout', { workflow:
 * './shop.arazzo.yaml' })`.
 */
function documentsNamedIn(code: string, file: string, root: string): string[] {
  const names = [...code.matchAll(literal)].map(([, , name = '']) => name)
  const paths = names.flatMap(name => [resolve(dirname(file), name), resolve(root, name)])
  return [...new Set(paths)].filter(path => existsSync(path))
}

/** Fault of the options; undefined if there is no fault. */
function faultOf(options: unknown): Error | undefined {
  try {
    checkOptions(options)
  } catch (error) {
    if (!isUserError(error)) throw error
    return error
  }
}

/** Whether a project that took over the plugin from the root has one of its own as well, which stands behind it. */
function isOverruled(plugin: Vite.Plugin, { plugins }: Vite.ResolvedConfig): boolean {
  return plugins.findLast(({ name }) => name === PLUGIN_NAME) !== plugin
}

function hasProjects({ test }: Vite.UserConfig): boolean {
  return (test?.projects?.length ?? 0) > 0
}

interface TestFile extends Made {
  warnings: readonly Problem[]
  /** It cannot run. */
  isBroken: boolean
  generated: ReturnType<typeof suiteModule> | ReturnType<typeof brokenModule>
}

/** A document as a test file. */
async function suiteOf(
  file: string,
  options: ArazzoOptions,
  hooks: readonly SuiteHook[],
  all: () => Promise<readonly string[]>,
): Promise<TestFile> {
  const { sources, severities } = options
  const { document, problems, files } = await readArazzo(file, { sources, severities })
  const ofDocument = document && (await problemsOf(document, options, hooks))
  const isReadable = document !== undefined && errorsAmong(ofDocument!.problems).length === 0
  const { suites, neighbours } = isReadable ? await suitesAmong(document, options, hooks, all) : NO_SUITES
  const areOthersTested = isForOthers(suites) && (await isOneTested(file, await all(), options, hooks))
  const untested = document === undefined ? [] : untestedProblems(document, suites, areOthersTested)
  const faults = ofDocument ? [...ofDocument.problems, ...untested] : problems
  const madeOf = [...files, ...neighbours, ...rowFilesOf(suites), ...(ofDocument?.files ?? [])]
  const errors = errorsAmong(faults)
  if (!document || errors.length > 0)
    return { files: madeOf, warnings: document?.warnings ?? [], isBroken: true, generated: brokenModule(file, errors) }
  return {
    files: madeOf,
    warnings: document.warnings,
    isBroken: false,
    generated: suiteModule(document, suites, readFileSync(file, 'utf8'), ours('runtime.js')),
  }
}

const NO_SUITES = { suites: [], neighbours: [] }

/**
 * The suites of a document. Other documents are asked about workflows that nothing in their own document gives inputs,
 * and where none of it is tested.
 */
async function suitesAmong(
  document: ArazzoDocument,
  { inputs, sources, severities }: ArazzoOptions,
  hooks: readonly SuiteHook[],
  all: () => Promise<readonly string[]>,
): Promise<{ suites: Suite[]; neighbours: string[] }> {
  const suites = suitesOf(document, inputs, [], hooks)
  if (!hasOrphans(suites) && suites.some(({ isTested }) => isTested)) return { suites, neighbours: [] }
  const neighbours = await neighboursOf(document.file, await all(), { sources, severities })
  return { suites: suitesOf(document, inputs, neighbours, hooks), neighbours: neighbours.map(({ file }) => file) }
}

/** Setups and teardowns of all documents: the same ones once more for each project that has another root. */
function hooksAmong(projects: Iterable<TestProject>, options: ArazzoOptions): SuiteHook[] {
  const roots = new Set([...projects].map(({ config }) => config.root))
  return [...roots].flatMap(root => suiteHooksOf(options, root))
}

function rowFilesOf(suites: readonly Suite[]): string[] {
  return suites.flatMap(({ options: { feed } }) => (typeof feed?.rows === 'string' ? feed.rows : []))
}

async function filesOf(projects: Iterable<TestProject>): Promise<string[]> {
  const found = await Promise.all([...projects].map(project => project.globTestFiles()))
  return found.flatMap(({ testFiles }) => testFiles)
}

/**
 * Ourselves, wherever we are installed (a workspace links us to a folder outside of node_modules), are not for Vite to
 * transform; but for the setup file, which has to run again for each test file.
 */
function dependencies(config: Vite.UserConfig): { external?: RegExp[]; inline?: RegExp[] } {
  if (config.test?.server?.deps?.inline === true) return {}
  const folder = dirname(ours('plugin.js'))
    .replaceAll('\\', '/')
    .replaceAll(/[.*+?^${}()|[\]]/g, '\\$&')
  return { external: [new RegExp(`^${folder}/`)], inline: [new RegExp(`^${folder}/setup\\.js$`)] }
}
