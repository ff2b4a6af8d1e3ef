import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Vite, Vitest } from 'vitest/node'
import { slashed } from '../server/globs.ts'

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
