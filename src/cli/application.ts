import { readdirSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { builtFile } from '../load/run/worker-file.ts'
import type { Configured, Diagnosis, DiagnosisRequest } from '../report/diagnosis.ts'

/** Reader of Vitest's configuration. */
interface ConfigurationReader {
  diagnose(request: DiagnosisRequest): Promise<Diagnosis>
  configured(root: string): Promise<(document: string) => Configured | undefined>
}

/** The module of the plugin that reads Vitest's configuration. The rest of the command line needs no Vitest. */
export async function configurationReader(): Promise<ConfigurationReader> {
  const file = builtFile('doctor.js', { verb: 'read', thing: 'the configuration' }, import.meta.url)
  return import(pathToFileURL(file).href)
}

const CONFIGURATION = /^vite(?:st)?\.config\.[cm]?[jt]s$/

const NOTHING: Configured = { options: {}, within: task => task(), open: async () => undefined }

/** Reads Vitest's configuration in this folder, if there is one. Returns the part for a document. */
export async function configuration(): Promise<(document: string) => Configured> {
  const root = process.cwd()
  if (!readdirSync(root).some(name => CONFIGURATION.test(name))) return () => NOTHING
  const configured = await (await configurationReader()).configured(root)
  return document => configured(document) ?? NOTHING
}
