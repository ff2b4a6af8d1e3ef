import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { builtPlugin } from '../plugin/server/built.ts'
import { root } from './sources.ts'

/** Puts a link to a file or folder at a path; on Windows, where links need rights, a copy. */
const link = (target: string, path: string): void =>
  process.platform === 'win32' ? cpSync(target, path, { recursive: true }) : symlinkSync(target, path)

/** Puts the package as its sources are now, and others of ours, into the `node_modules` of a folder of modules. */
export async function install(folder: string, ...others: readonly string[]): Promise<void> {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'vitest-arazzo'), { recursive: true })
  cpSync(join(root, 'package.json'), join(modules, 'vitest-arazzo/package.json'))
  link(await builtPlugin(), join(modules, 'vitest-arazzo/dist'))
  link(join(root, 'schemas'), join(modules, 'vitest-arazzo/schemas'))
  for (const name of others) link(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
}
