import { randomUUID } from 'node:crypto'
import { accessSync, constants, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { failure } from '../../src/ground/fault.ts'
import { FOLDER_VARIABLE } from '../../src/measure/node-probe/protocol.ts'
import { ourFolder } from '../files.ts'

type Environment = Record<string, string | undefined>

/**
 * Where the processes of one application listen. Short, since the path of a socket has 104 bytes at most. Not made yet:
 * its supervisor makes it, which lives to remove it however this process ends.
 */
export function probeFolder(): string {
  const found = faultOf(tmpdir())
  if (found === undefined) return join(tmpdir(), `arazzo-${randomUUID().slice(0, 8)}`)
  const advice = 'Let TMPDIR name a folder that is there and can be written to.'
  throw failure('make a temporary folder', `in ${tmpdir()}`, found, advice)
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

/**
 * An environment in which every Node process loads the probe before its own code, after what NODE_OPTIONS has already.
 * @param built the folder of the built package.
 */
export function withProbe(env: Environment, folder: string, built = ourFolder): Environment {
  const load = `--import ${pathToFileURL(join(built, 'node-probe.js')).href}`
  const before = env.NODE_OPTIONS?.trim()
  return { ...env, NODE_OPTIONS: before ? `${before} ${load}` : load, [FOLDER_VARIABLE]: folder }
}
