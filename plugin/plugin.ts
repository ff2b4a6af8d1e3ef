import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { TestProject, Vite, Vitest } from 'vitest/node'
import { documentName } from '../src/document/names.ts'
import { codeFrame } from '../src/ground/errors.ts'
import { isUserError } from '../src/ground/fault.ts'
import { plain, plainLines } from '../src/ground/plain.ts'
import type { SuiteHook } from '../src/load/suites/hooks.ts'
import { configure } from './configure.ts'
import { documentId, isDocument, ours } from './files.ts'
import { type ArazzoOptions, checkOptions, PLUGIN_NAME, suiteHooksOf } from './options.ts'
import { slashed } from './server/globs.ts'
import { Ahead } from './transform/ahead.ts'

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
    // With what it needs it takes longer to load than the rest of the plugin: not before there is a document.
    const { testFileOf } = await import('./transform/test-file.ts')
    return testFileOf(file, taken, hooksAmong(projects, taken), () => filesOf(projects), fault !== undefined)
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
        // Vite prints them as they are; of the file's lines, too, it would show escape sequences.
        for (const { message, at } of warnings)
          this.warn({ message: plainLines(message), id: plain(at.file), loc: at, frame: codeFrame(at) })
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
        const { readArazzo } = await import('../src/document/read.ts')
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

const hasProjects = ({ test }: Vite.UserConfig): boolean => (test?.projects?.length ?? 0) > 0

/** Setups and teardowns of all documents: the same ones once more for each project that has another root. */
function hooksAmong(projects: Iterable<TestProject>, options: ArazzoOptions): SuiteHook[] {
  const roots = new Set([...projects].map(({ config }) => config.root))
  return [...roots].flatMap(root => suiteHooksOf(options, root))
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
