import process from 'node:process'

/** Values of `.env` files, and the files that were read. Plain data, so that it can be sent to threads. */
export interface EnvironmentFiles {
  /** Variables that the environment of the process does not have. */
  values: Readonly<Record<string, string>>
  /** Names of the files that were looked for, whether they are there or not. */
  names: readonly string[]
  /** Folder of the files. */
  folder: string
}

// A worker may hold two copies of this module.
const key = Symbol.for('vitest-arazzo.environment')
const global = globalThis as { [key]?: EnvironmentFiles | undefined }

/** Has what files say known in this thread; `process.env` stays as it is. */
export function setEnvironmentFiles(files: EnvironmentFiles | undefined): void {
  global[key] = files
}

export function knownFiles(): EnvironmentFiles | undefined {
  return global[key]
}

/** The environment of the process; beneath it, what the files say. To be read only: it may be `process.env` itself. */
export function environment(files: EnvironmentFiles | undefined = global[key]): Readonly<NodeJS.ProcessEnv> {
  // Each variable of `process.env` is asked of the system: a copy of all takes a millisecond.
  return files === undefined ? process.env : { ...files.values, ...process.env }
}

/** Finding for variables that are not set. It follows a colon. */
export function unsetVariables(variables: readonly string[]): string {
  const found = `the environment has no ${variables.join(' and no ')}`
  const files = global[key]
  if (files === undefined) return found
  const names = `${files.names.slice(0, -1).join(', ')} and ${files.names.at(-1)}`
  return `${found}, nor have the files ${names} in ${files.folder}`
}
