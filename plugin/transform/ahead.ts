import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Vite, Vitest } from 'vitest/node'
import type { Problem } from '../../src/ground/errors.ts'
import { nextTurn as setImmediate } from '../../src/ground/timers.ts'
import { documentError } from '../failure/positioned-error.ts'
import { slashed } from '../server/globs.ts'
import { quote } from './suite.ts'

/** Made of a file, and the files that it was made of. */
export interface Made {
  readonly files: readonly string[]
}

/**
 * Makes what will be asked for soon while there is nothing else to do: Vitest asks for one document at a time, and its
 * worker waits for the response; before that the main process waits for the worker to start.
 */
export class Ahead<T extends Made> {
  readonly #make: (file: string) => Promise<T>
  #made = new Map<string, { since: number; result: Promise<T> }>()
  /** Files that have neither been made nor asked for. */
  #left = new Set<string>()
  #run = 0

  constructor(make: (file: string) => Promise<T>) {
    this.#make = make
  }

  /** Begins to make all of them, one after another. What was made for a run before is forgotten. */
  async begin(files: Iterable<string>): Promise<void> {
    const run = ++this.#run
    const left = new Set(files)
    this.#made = new Map()
    this.#left = left
    for (const file of left) {
      await setImmediate() // the caller goes first
      if (run !== this.#run) return
      // The caller receives the reason of a failure.
      await this.#start(file).catch(() => {})
    }
  }

  /** Prepared result of the file, unless one of its source files has changed since; otherwise it is prepared now. */
  async take(file: string): Promise<T> {
    const made = this.#made.get(file)
    this.#made.delete(file)
    this.#left.delete(file)
    if (made === undefined) return this.#make(file)
    const result = await made.result
    return [file, ...result.files].some(file => hasChanged(file, made.since)) ? this.#make(file) : result
  }

  #start(file: string): Promise<T> {
    this.#left.delete(file)
    const since = performance.timeOrigin + performance.now()
    const result = this.#make(file)
    this.#made.set(file, { since, result })
    return result
  }
}

/** Milliseconds by which a file's time may lie behind the clock's: file systems tell it by the kernel's tick. */
const TICK = 10

function hasChanged(file: string, since: number): boolean {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return changed === undefined || changed >= since - TICK
}

/** How a module names a document: as a literal, maybe with the workflow's name behind it. */
const literal = /(['"`])((?:(?!\1)[^\n])*?\.arazzo\.(?:ya?ml|json))(?:#(?:(?!\1)[^\n])*)?\1/g

/**
 * The documents that a module names in its text, which Vite knows nothing of: `loadTest('checkout', { workflow:
 * './shop.arazzo.yaml' })`.
 */
export function documentsNamedIn(code: string, file: string, root: string): string[] {
  const names = [...code.matchAll(literal)].map(([, , name = '']) => name)
  const paths = names.flatMap(name => [resolve(dirname(file), name), resolve(root, name)])
  return [...new Set(paths)].filter(path => existsSync(path))
}

/**
 * Has `vitest related` and `--changed` find a module by what it is made of. Vitest 4 follows imports only, but has each
 * test file made first and looks at its list afterwards: a module made of a file on the list belongs on it too.
 */
export function relate(vitest: Vitest | undefined, module: string, madeOf: readonly string[]): void {
  const related = vitest?.config.related
  if (related === undefined || related.includes(module)) return
  if (madeOf.some(file => related.includes(slashed(file)))) related.push(slashed(module))
}

/**
 * Vitest 5 looks up what a test file is made of by its path, under which a JSON document is not known (see `resolveId`
 * of the plugin).
 */
export function knownByFile(vitest: Vitest, environment: Vite.Environment, id: string): void {
  const file = id.replace(/#.*$/, '')
  if (file === id || vitest.config.related === undefined || environment.mode !== 'dev') return
  const { idToModuleMap } = environment.moduleGraph
  const module = idToModuleMap.get(id)
  if (module !== undefined && !idToModuleMap.has(file)) idToModuleMap.set(file, module)
}

/**
 * A document that may be read by what the plugin's configuration says, and that cannot be read: a test which fails by
 * it.
 *
 * @param runtime absolute path of the runtime module.
 */
export function unconfiguredModule(runtime: string): { code: string; map: null } {
  const code = [
    "import { test } from 'vitest'",
    `import { settings } from ${quote(runtime)}`,
    "test('configuration of vitest-arazzo', () => void settings())",
    '',
  ]
  return { code: code.join('\n'), map: null }
}

/** A document that cannot run, as a test file: it throws one error that leads to every problem in the document. */
export function brokenModule(file: string, problems: readonly Problem[]): { code: string; map: null } {
  const { name, message, stack } = documentError(file, problems)
  const code = [
    `const error = new Error(${quote(message)})`,
    `error.name = ${quote(name)}`,
    `error.stack = ${quote(stack ?? '')}`,
    'throw error',
    '',
  ]
  return { code: code.join('\n'), map: null }
}
