import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Fault, failure } from '../../ground/fault.ts'

/** The file that a load thread runs. Throws when the package was not built. */
export function workerFile(from?: string): string {
  return builtFile('load-worker.js', { verb: 'start', thing: 'load threads' }, from)
}

/**
 * Path of a file in the built package. In the built package it is next to the importing module. From the TypeScript
 * sources, which neither a thread nor a browser can load, it is in `dist`.
 */
export function builtFile(
  name: string,
  { verb, thing }: Pick<Fault, 'verb' | 'thing'>,
  from: string = import.meta.url,
): string {
  const here = dirname(fileURLToPath(from))
  const beside = join(here, name)
  if (existsSync(beside)) return beside
  const built = join(packageRoot(here) ?? here, 'dist', name)
  if (existsSync(built)) return built
  throw failure(verb, thing, `${built} does not exist`, 'Build the package first: npm run build.')
}

function packageRoot(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : packageRoot(parent)
}
