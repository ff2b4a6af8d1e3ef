import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Pages below docs/, from the root: `docs/guide/ci.md`. */
export const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md'))
  .map(name => `docs/${name.replaceAll('\\', '/')}`)
  .sort()

/** Pages that people read from end to end. */
export const read = ['README.md', ...docs.filter(name => /^docs\/(README|guide\/|recipes\/|.*\/README)/.test(name))]
