import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FOLDER_VARIABLE as PROFILER_FOLDER } from '../../src/cause/profiler/protocol.ts'
import { FOLDER_VARIABLE as PROBE_FOLDER } from '../../src/measure/node-probe/protocol.ts'
import { ourFolder } from '../files.ts'
import { temporaryFolder } from './address.ts'

type Environment = Record<string, string | undefined>

/** Socket folder of one application's processes. Short, since the path of a socket has 104 bytes at most. */
export const probeFolder = (): string => temporaryFolder()

/** Scripts that Node processes load before their own code, by the variable that names their folder. */
const SCRIPTS = { 'node-probe.js': PROBE_FOLDER, 'node-profiler.js': PROFILER_FOLDER }

/**
 * An environment in which every Node process loads a script before its own code, after what NODE_OPTIONS has already.
 * @param built the folder of the built package.
 */
export function withScript(
  env: Environment,
  script: keyof typeof SCRIPTS,
  folder: string | undefined,
  built = ourFolder,
): Environment {
  if (folder === undefined) return env
  const load = `--import ${pathToFileURL(join(built, script)).href}`
  const before = env.NODE_OPTIONS?.trim()
  return { ...env, NODE_OPTIONS: before ? `${before} ${load}` : load, [SCRIPTS[script]]: folder }
}
