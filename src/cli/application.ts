import { readdirSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { builtFile } from '../load/run/worker-file.ts'
import type { Application, Diagnosis, DiagnosisRequest } from '../report/diagnosis.ts'
import type { ServerOverride } from '../workflow/server.ts'

/** Reader of Vitest's configuration. */
export interface ConfigurationReader {
  diagnose(request: DiagnosisRequest): Promise<Diagnosis>
  /** Starts what `server` names, and resolves once it responds. Absent without `server` and `servers`. */
  openFor(document: string, root: string): Promise<Application | undefined>
}

/** The module of the plugin that reads Vitest's configuration. The rest of the command line needs no Vitest. */
export async function configurationReader(): Promise<ConfigurationReader> {
  const file = builtFile('doctor.js', { verb: 'read', thing: 'the configuration' }, import.meta.url)
  return import(pathToFileURL(file).href)
}

const CONFIGURATION = /^vite(?:st)?\.config\.[cm]?[jt]s$/

/**
 * Does something with an application: that of the flags, else that of Vitest's configuration in this folder, which is
 * started for it.
 *
 * @param task gets the options with the addresses, and the process to measure.
 */
export async function withApplication<O extends { servers?: ServerOverride }, T>(
  document: string,
  options: O,
  task: (options: O, pid?: number) => Promise<T>,
): Promise<T> {
  const root = process.cwd()
  const isGiven = options.servers !== undefined || !readdirSync(root).some(name => CONFIGURATION.test(name))
  const application = isGiven ? undefined : await (await configurationReader()).openFor(document, root)
  if (application === undefined) return task(options)
  console.error(`Server: ${application.words}`)
  try {
    return await task({ ...options, servers: application.servers }, application.pid)
  } finally {
    await application.stop()
  }
}
