import type { ReadOptions } from '../document/model.ts'
import { describeEach, type Problem, shortPath } from '../ground/errors.ts'
import { plain, plainLines } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import type { StaticInputs } from '../load/feed/source.ts'
import type { LoadOptions } from '../load/plan/options.ts'
import type { ConductKey } from '../workflow/conduct.ts'
import type { ServerOverride } from '../workflow/server.ts'

/** Subject of the diagnosis. */
export interface DiagnosisRequest {
  /** The configuration, if it is not the one that Vitest finds. */
  config?: string
  /** Documents, absolute; without any, those that Vitest runs. */
  files: readonly string[]
  /** Documents below the root, for a configuration that runs none. */
  below: readonly string[]
  /** No application is started, and no address is asked. */
  isOffline: boolean
}

/** Why documents do not run here, as far as that can be found out without running them. */
export interface Diagnosis {
  /** Version of Node.js. */
  node: string
  /** Version of the project's Vitest; absent if it is not installed. */
  vitest?: string
  /** The configuration that Vitest reads. */
  configFile?: string
  /** The documents that were looked at. */
  documents: readonly string[]
  limitations: readonly Limitation[]
}

/** Configuration of Vitest, as far as it concerns the runs of a document. */
export interface Configured {
  options: Pick<LoadOptions, ConductKey | keyof ReadOptions | 'channels' | 'transport' | 'agents'> & {
    inputs?: StaticInputs
  }
  /** Does something in the environment that its tests have. */
  within<T>(task: () => Promise<T>): Promise<T>
  /** Starts the application, and resolves once it responds. Resolves to nothing without `server` and `servers`. */
  open(): Promise<Application | undefined>
}

/** The application of a project, for a command that has no address of it. */
export interface Application {
  servers: ServerOverride
  /** Addresses and the file that names them: `http://127.0.0.1:4711, from vitest.config.mjs`. */
  words: string
  /** Process to measure; absent if there are several applications, or if it is not known. */
  pid?: number
  stop(): Promise<void>
}

/** Something that stands in the way of a run (an error), or may (a warning). */
export type Limitation = Omit<Problem, 'code' | 'at'> & Partial<Pick<Problem, 'at'>>

/** Diagnosis for a terminal: what was checked, the limitations, and their number. */
export function diagnosisText({ node, vitest, configFile, documents, limitations }: Diagnosis): string {
  const [errors, warnings] = (['error', 'warning'] as const).map(wanted =>
    limitations.filter(({ severity }) => severity === wanted),
  ) as [Limitation[], Limitation[]]
  const things = errors.length === 1 ? '1 thing stands' : `${errors.length} things stand`
  const verdict = errors.length === 0 ? 'Nothing stands in the way' : `${things} in the way`
  const versions = [`Node.js ${node}`, vitest === undefined ? 'no Vitest' : `Vitest ${vitest}`]
  return [
    [...versions, configFile === undefined ? 'no configuration' : plain(shortPath(configFile))].join(', '),
    counted(documents.length, 'document'),
    ...[...errors, ...warnings].map(textOf),
    `${verdict}${warnings.length > 0 ? `, ${counted(warnings.length, 'warning')}` : ''}.`,
  ].join('\n\n')
}

function textOf({ severity, message, hint, at }: Limitation): string {
  if (at !== undefined) return describeEach([{ severity, message, hint, at }]).join('\n')
  return plainLines(`${severity === 'warning' ? 'Warning: ' : ''}${message}${hint === undefined ? '' : ` ${hint}`}`)
}
