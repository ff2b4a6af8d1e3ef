import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { tried } from '../../src/ground/tried.ts'

/** Tells the changes of files from what only looks like one: a build that writes what was there already. */
export class FileChanges {
  readonly #known = new Map<string, string>()

  /**
   * Whether a file, of which the system says that it was written or removed, is another one than when this was last
   * asked.
   */
  isChange(file: string): boolean {
    const now = contentOf(file)
    if (this.#known.get(file) === now) return false
    this.#known.set(file, now)
    return true
  }
}

function contentOf(file: string): string {
  return tried(() => createHash('sha1').update(readFileSync(file)).digest('base64')) ?? 'none'
}
