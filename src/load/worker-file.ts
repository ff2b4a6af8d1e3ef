import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { failed } from '../errors.ts'

const NAME = 'load-worker.js'

/**
 * The file that a load thread runs. In the built package it lies beside the module that asks; from the TypeScript
 * sources, which a thread cannot load, it is the built one in the package's `dist`.
 */
export function workerFile(from: string = import.meta.url): string {
  const here = dirname(fileURLToPath(from))
  const beside = join(here, NAME)
  if (existsSync(beside)) return beside
  const built = join(packageRoot(here) ?? here, 'dist', NAME)
  if (existsSync(built)) return built
  throw new Error(
    failed('start', 'load threads', `${built} does not exist`, 'Build the package first: npm run build.'),
  )
}

function packageRoot(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : packageRoot(parent)
}
