import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { TestProject, Vitest } from 'vitest/node'
import { type EnvironmentFiles, setEnvironmentFiles } from '../../src/ground/environment.ts'
import { failed, isUserError } from '../../src/ground/fault.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Limitation } from '../../src/report/diagnosis.ts'
import { checkClaims } from '../claim.ts'
import { isDocument } from '../files.ts'
import { type ArazzoOptions, PLUGIN_NAME, type PluginApi } from '../options.ts'
import { readEnvironmentFiles } from '../server/environment-files.ts'

/** Documents that Vitest runs with the same options. */
export interface DoctorProject {
  root: string
  options: ArazzoOptions
  /** Fault of the options. */
  fault?: string
  /** The documents that it runs. */
  documents: readonly string[]
  configFile?: string
  /** Environment of tests from Vitest's own configuration. */
  env: Readonly<Record<string, string>>
  /** Values of the project's `.env` files. */
  files?: EnvironmentFiles
}

/** Vitest configuration, as far as it concerns documents. */
interface Configuration {
  vitest?: string
  configFile?: string
  /** Projects with the plugin. */
  projects: readonly DoctorProject[]
  limitations: readonly Limitation[]
}

type VitestNode = typeof import('vitest/node')

const error = (message: string, more: Partial<Limitation> = {}): Limitation => ({ severity: 'error', message, ...more })

/**
 * Reads the configuration as a run would, by the project's own Vitest, and runs nothing.
 *
 * @param config the file, if it is not the one that Vitest finds.
 */
export async function readConfiguration(root: string, config: string | undefined): Promise<Configuration> {
  const require = createRequire(join(root, 'package.json'))
  const entry = tried(() => require.resolve('vitest/node'))
  if (entry === undefined) {
    const message = failed('find', 'Vitest', `none is installed in ${root} or above`)
    return { projects: [], limitations: [error(message, { hint: 'Run npm install --save-dev vitest.' })] }
  }
  const version = tried(() => (require('vitest/package.json') as { version: string }).version)
  const { createVitest } = (await import(pathToFileURL(entry).href)) as VitestNode
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  try {
    const vitest = await createVitest(
      'test',
      { root, config, watch: false, reporters: [{}], coverage: { enabled: false }, api: false as never },
      { logLevel: 'silent' },
      { stdout: nowhere(), stderr: nowhere() },
    )
    try {
      return { vitest: version, ...(await described(vitest)) }
    } finally {
      await vitest.close()
    }
  } catch (cause) {
    const { message } = cause as Error
    const found = isUserError(cause) ? message : failed('read', 'the configuration of Vitest', message)
    return { vitest: version, projects: [], limitations: [error(found)] }
  }
}

async function described(vitest: Vitest): Promise<Omit<Configuration, 'vitest'>> {
  const configFile = fileOf(vitest.vite.config.configFile)
  const projects = await Promise.all(
    vitest.projects.flatMap(project => {
      const api = apiOf(project)
      return api === undefined ? [] : [projectOf(project, api, configFile)]
    }),
  )
  const limitations = projects.flatMap(({ fault, configFile: file }) =>
    fault === undefined ? [] : [error(fault, { at: file === undefined ? undefined : { file, line: 1, column: 1 } })],
  )
  const claims = await checkClaims(vitest).catch(({ message }: Error) => message)
  if (claims !== undefined) limitations.push(error(claims))
  if (projects.length === 0) limitations.push(withoutPlugin(vitest, configFile))
  return { configFile, projects, limitations }
}

async function projectOf(project: TestProject, api: PluginApi, configFile?: string): Promise<DoctorProject> {
  const { config, vite } = project
  return {
    root: config.root,
    options: api.options,
    fault: api.fault?.message ?? project.getProvidedContext()['vitest-arazzo:fault'],
    documents: (await project.globTestFiles()).testFiles.filter(isDocument),
    configFile: fileOf(vite.config.configFile) ?? configFile,
    env: (config.env ?? {}) as Record<string, string>,
    files: await readEnvironmentFiles(project),
  }
}

function apiOf({ vite }: TestProject): PluginApi | undefined {
  return vite.config.plugins.findLast(({ name }) => name === PLUGIN_NAME)?.api as PluginApi | undefined
}

const fileOf = (file: string | false | undefined) => (typeof file === 'string' && file !== '' ? file : undefined)

function withoutPlugin({ config }: Vitest, configFile: string | undefined): Limitation {
  const hint = "Import it from 'vitest-arazzo/plugin', and add arazzo() to its plugins."
  if (configFile === undefined) {
    const found = `${config.root} has no vitest.config or vite.config`
    return error(failed('find', 'the configuration of Vitest', found), { hint: `Write one. ${hint}` })
  }
  const found = `${relative(config.root, configFile)} has no arazzo() among its plugins`
  return error(failed('find', 'the plugin', found), { hint, at: { file: configFile, line: 1, column: 1 } })
}

/** Does something in the environment that tests of a project have. */
export async function inEnvironmentOf<T>({ env, files }: DoctorProject, task: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  setEnvironmentFiles(files)
  try {
    return await task()
  } finally {
    setEnvironmentFiles(undefined)
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}
