import { readFileSync, realpathSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import type { Finding } from './fault.ts'

/** Variables and files that documents and options of others may read. Plain data: it goes on to threads. */
export interface Reach {
  /** Names of variables of the environment. */
  variables: readonly string[]
  /** Folders whose files may be read. */
  folders: readonly string[]
}

// A worker may hold two copies of this module.
const key = Symbol.for('vitest-arazzo.readable')
const global = globalThis as { [key]?: Reach | undefined }

/** Limits what this thread reads because a document, or its options, names it. Undefined: nothing is limited. */
export function limitReach(reach: Reach | undefined): void {
  global[key] = reach
}

/** Why a variable may not be read, whether it is set or not. */
export function whyUnread(variable: string): Finding | undefined {
  if (global[key]?.variables.includes(variable) !== false) return undefined
  const found = `this agent lets no plan read the variable ${variable}`
  return { found, advice: `Start the agent with --allow-env ${variable} if plans may read it.` }
}

/** Reads a file that a document, or its options, names. Throws an Error in one line: what was found. */
export const readNamed = (path: string): Buffer => readFileSync(reachable(path))

/** The path of a file that may be read, without links unless all files may be. Throws as `readNamed` does. */
export function reachable(path: string): string {
  const folders = global[key]?.folders
  if (folders === undefined) return path
  const absolute = resolve(path)
  // The name decides first: whether there is such a file elsewhere is not to be found out.
  const real = folders.some(folder => isWithin(absolute, resolve(folder))) ? realpathSync(absolute) : undefined
  if (real !== undefined && folders.some(folder => isWithin(real, realpathSync(folder)))) return real
  const found = `this agent lets no plan read the file ${absolute}`
  throw new Error(`${found}; start the agent with --allow-files <folder> if plans may read it`)
}

const isWithin = (file: string, folder: string) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep)
