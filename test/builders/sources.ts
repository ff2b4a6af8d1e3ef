import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)))

const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join(folder, name))
    .sort()

/** Paths of all files below `src/` and `plugin/`, relative to the repository. */
export const sources: readonly string[] = ['src', 'plugin'].flatMap(filesIn)

/** The same of tests, with what they are built of. */
export const tests: readonly string[] = filesIn('test')

/** Text of a file, which is read once. */
export const readSource = memoize(file => readFileSync(join(root, file), 'utf8'))

/** Makes what belongs to a text once. */
export function memoize<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>()
  return text => {
    const known = made.get(text) ?? make(text)
    made.set(text, known)
    return known
  }
}
