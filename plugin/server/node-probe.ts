import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FOLDER_VARIABLE } from '../../src/measure/node-probe/protocol.ts'
import { ourFolder } from '../files.ts'
import { temporaryFolder } from './address.ts'

type Environment = Record<string, string | undefined>

/** Socket folder of one application's processes. Short, since the path of a socket has 104 bytes at most. */
export const probeFolder = (): string => temporaryFolder()

/**
 * An environment in which every Node process loads the probe before its own code, after what NODE_OPTIONS has already.
 * @param built the folder of the built package.
 */
export function withProbe(env: Environment, folder: string, built = ourFolder): Environment {
  const load = `--import ${pathToFileURL(join(built, 'node-probe.js')).href}`
  const before = env.NODE_OPTIONS?.trim()
  return { ...env, NODE_OPTIONS: before ? `${before} ${load}` : load, [FOLDER_VARIABLE]: folder }
}
