import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Files below a folder, in the order of their paths; not pipes and devices, which a download may hold and have no end.
 *
 * @param skipped names of folders that are not looked into.
 * @param isWanted of a file's name and its path.
 */
export function filesBelow(
  folder: string,
  skipped: ReadonlySet<string>,
  isWanted: (name: string, path: string) => boolean,
): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesBelow(path, skipped, isWanted)
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true
    return isFile && isWanted(entry.name, path) ? [path] : []
  })
}
