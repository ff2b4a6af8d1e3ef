import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failed } from '../../src/errors.ts'
import { FOLDER_VARIABLE } from '../../src/measure/node-probe/protocol.ts'
import { ourFolder } from '../files.ts'

const faults: Record<string, string> = { ENOENT: 'it is not there', ENOTDIR: 'it is not a folder' }

type Environment = Record<string, string | undefined>

/** Where the processes of one application listen. Short, since the path of a socket has 104 bytes at most. */
export function probeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'arazzo-'))
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const found = faults[code] ?? `it cannot be written to (${code})`
    const advice = 'Let TMPDIR name a folder that is there and can be written to.'
    throw new Error(failed('make a temporary folder', `in ${tmpdir()}`, found, advice), { cause: error })
  }
}

/**
 * An environment in which every Node process loads the probe before its own code, after what NODE_OPTIONS has already.
 * @param built the folder of the built package.
 */
export function withProbe(env: Environment, folder: string, built = ourFolder): Environment {
  const load = `--import ${pathToFileURL(join(built, 'node-probe.js')).href}`
  const before = env.NODE_OPTIONS?.trim()
  return { ...env, NODE_OPTIONS: before ? `${before} ${load}` : load, [FOLDER_VARIABLE]: folder }
}
