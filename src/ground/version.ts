import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { once } from './once.ts'
import { tried } from './tried.ts'

/** Folder of this package: the nearest with a manifest upwards, of the built package and of its sources. */
export const packageFolder: () => string = once(() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
})

/** Version of this package; `unknown` if it has no manifest, as in a bundle of another package. */
export const packageVersion: () => string = once(() => {
  const text = tried(() => readFileSync(join(packageFolder(), 'package.json'), 'utf8'))
  return (text !== undefined && (JSON.parse(text) as { version?: string }).version) || 'unknown'
})
