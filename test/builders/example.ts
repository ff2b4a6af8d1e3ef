import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtPlugin } from '../plugin/server/built.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Copies examples, side by side, into a folder where the package is the one that is being tested. */
export async function copyExamples(folder: string, ...names: string[]): Promise<void> {
  const modules = join(folder, 'node_modules')
  const isOwn = (path: string) => !/node_modules|\.vitest-/.test(path.slice(root.length))
  for (const name of names) cpSync(join(root, 'examples', name), join(folder, name), { recursive: true, filter: isOwn })
  mkdirSync(join(modules, 'vitest-arazzo'), { recursive: true })
  cpSync(join(root, 'package.json'), join(modules, 'vitest-arazzo/package.json'))
  symlinkSync(await builtPlugin(), join(modules, 'vitest-arazzo/dist'))
  for (const other of ['vitest', 'vite', 'fastify'])
    symlinkSync(join(root, 'node_modules', other), join(modules, other))
}
