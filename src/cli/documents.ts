import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDocumentFile } from '../document/names.ts'
import { failed } from '../ground/fault.ts'
import { Misuse } from './flags.ts'

/** The documents that operands name, be it by their folders; without any, all below the working directory. */
export function documentsIn(operands: readonly string[]): string[] {
  const missing = operands.filter(operand => !existsSync(operand))
  if (missing.length > 0) {
    const found = `there is no ${missing.join(', ')}`
    throw new Misuse(failed('find', missing.length === 1 ? 'a document' : 'documents', found, 'Correct the path.'))
  }
  const places = operands.length > 0 ? operands : ['.']
  const files = places.flatMap(place => (statSync(place).isDirectory() ? documentsBelow(place) : [place]))
  if (files.length > 0) return files
  const found = `there is no *.arazzo.yaml, .yml or .json below ${places.join(', ')}`
  throw new Misuse(failed('find', 'documents', found, 'Name a file.'))
}

const SKIPPED = new Set(['node_modules', 'dist', '.git'])

function documentsBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : documentsBelow(path)
    return isDocumentFile(entry.name) ? [path] : []
  })
}
