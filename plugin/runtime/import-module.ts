import { pathToFileURL } from 'node:url'
import type { ImportModule } from '../../src/workflow/channel/connect.ts'

let importer: ImportModule = path => import(pathToFileURL(path).href)

/** Called by the setup file, with an `import` that goes through Vite. */
export function setImporter(own: ImportModule): void {
  importer = own
}

/** Imports a module of the user's as test files do: in TypeScript, and the same instance as theirs. */
export const importModule: ImportModule = path => importer(path)
