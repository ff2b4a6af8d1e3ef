import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { TestProject, Vite } from 'vitest/node'
import type { EnvironmentFiles } from '../../src/ground/environment.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Absent where Vite reads no files. */
    'vitest-arazzo:environment': EnvironmentFiles | undefined
  }
}

/**
 * Reads the `.env` files of a project like Vite: by its mode, from its `envDir`, variables with any prefix. The
 * environment of the process overrides the files.
 */
export async function readEnvironmentFiles({ vite: { config } }: TestProject): Promise<EnvironmentFiles | undefined> {
  const { mode, envDir: folder } = config
  if (typeof folder !== 'string') return undefined
  // The Vite that runs this Vitest, which need not be one that this package can name.
  const ofVitest = createRequire(createRequire(import.meta.url).resolve('vitest/package.json'))
  const { loadEnv }: Pick<typeof Vite, 'loadEnv'> = await import(pathToFileURL(ofVitest.resolve('vite')).href)
  const all = Object.entries(loadEnv(mode, folder, ''))
  const values = Object.fromEntries(all.filter(([name]) => process.env[name] === undefined))
  return { values, names: ['.env', '.env.local', `.env.${mode}`, `.env.${mode}.local`], folder }
}
