import { randomUUID } from 'node:crypto'
import { accessSync, constants, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Written next to it and then renamed, so that a reader finds the old file or the new one. */
export function writeWhole(path: string, text: string): void {
  // A pipe or a device is written to as it stands: a file in its place would be another thing.
  if (isSpecial(path)) return writeFileSync(path, text)
  writeTogether([[path, text]])
}

/**
 * Writes files next to their places first: if there is no room for one of them, all old files stay.
 *
 * @param before is called when all are written, before the first one is renamed.
 */
export function writeTogether(files: readonly (readonly [path: string, text: string])[], before = () => {}): void {
  // Threads of one process may write the same file.
  const staged = files.map(([path, text]) => ({ path, text, beside: `${path}.${randomUUID().slice(0, 8)}.tmp` }))
  try {
    for (const { beside, text } of staged) writeFileSync(beside, text)
    before()
    for (const { beside, path } of staged) renameSync(beside, path)
  } catch (error) {
    for (const { beside } of staged) rmSync(beside, { force: true })
    throw error
  }
}

/** Reason why a file cannot be written there, as far as it can be known. */
export function whyNotWritable(path: string): string | undefined {
  const folder = dirname(resolve(path))
  try {
    if (!existsSync(folder)) return `there is no folder ${folder}`
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return 'it is a folder'
    accessSync(isSpecial(path) ? path : folder, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function isSpecial(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}
