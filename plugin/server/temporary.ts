import { randomUUID } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { failure } from '../../src/ground/fault.ts'

/**
 * Path of a folder for one start of an application. Not made yet: its supervisor makes it, which lives to remove it
 * however this process ends.
 */
export function temporaryFolder(name = 'arazzo', within = tmpdir()): string {
  const found = faultOf(within)
  if (found === undefined) return join(within, `${name}-${randomUUID().slice(0, 8)}`)
  const advice = 'Let TMPDIR name a folder that is there and can be written to.'
  throw failure('make a temporary folder', `in ${within}`, found, advice)
}

function faultOf(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) return 'it is not a folder'
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'it is not there' : `it cannot be written to (${code})`
  }
}
