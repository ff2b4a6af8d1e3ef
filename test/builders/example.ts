import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { install } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Copies examples, side by side, into a folder where the package is the one that is being tested. */
export async function copyExamples(folder: string, ...names: string[]): Promise<void> {
  const isOwn = (path: string) => !/node_modules|\.vitest-/.test(path.slice(root.length))
  for (const name of names) cpSync(join(root, 'examples', name), join(folder, name), { recursive: true, filter: isOwn })
  await install(folder, 'vitest', 'vite', 'fastify')
}
