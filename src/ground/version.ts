import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { once } from './once.ts'
import { tried } from './tried.ts'

/**
 * Version of this package, by the nearest manifest upwards: that of the built package, and of its sources. `unknown`
 * where there is none, as in a bundle of somebody else.
 */
export const packageVersion: () => string = once(() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const text = tried(() => readFileSync(join(folder, 'package.json'), 'utf8'))
    if (text !== undefined) return (JSON.parse(text) as { version?: string }).version ?? 'unknown'
    if (dirname(folder) === folder) return 'unknown'
    folder = dirname(folder)
  }
})
