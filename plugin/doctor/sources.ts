import { readdirSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import type { Problem } from '../../src/ground/errors.ts'
import { tried } from '../../src/ground/tried.ts'

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.vitest-arazzo'])

/** Folders that are looked at, the nearest first. */
const MOST_FOLDERS = 2_000

/** Where a file that a document names is instead, as advice; undefined where no one file has its name. */
export function elsewhere({ message }: Problem, document: string): string | undefined {
  const name = /\(([^()]*?)(?:, by the option "sources")?\)/.exec(message)?.[1]
  if (name === undefined) return undefined
  const found = filesCalled(basename(name), process.cwd())
  if (found.length !== 1) return undefined
  const path = relative(dirname(document), found[0]!).split(sep).join('/')
  return `A file of that name is at ${path.startsWith('.') ? path : `./${path}`}: write that.`
}

function filesCalled(name: string, folder: string): string[] {
  const found: string[] = []
  const pending = [folder]
  for (let looked = 0; looked < MOST_FOLDERS; looked++) {
    const next = pending.shift()
    if (next === undefined) break
    for (const entry of tried(() => readdirSync(next, { withFileTypes: true })) ?? []) {
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) pending.push(join(next, entry.name))
      if (entry.isFile() && entry.name === name) found.push(join(next, entry.name))
    }
  }
  return found
}
