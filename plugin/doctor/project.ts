import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type { TestProject, Vitest } from 'vitest/node'
import type { EnvironmentFiles } from '../../src/ground/environment.ts'
import { failed, isForeseen } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import { checkClaims } from '../claim.ts'
import { isDocument } from '../files.ts'
import { type ArazzoOptions, PLUGIN_NAME, type PluginApi } from '../options.ts'
import { readEnvironmentFiles } from '../server/environment-files.ts'

/** Documents that Vitest runs with the same options. */
export interface DoctorProject {
  /** Of the project; empty where it has none. */
  name: string
  root: string
  options: ArazzoOptions
  /** Whether its options cannot be read, so that nothing is known of what they would give to documents. */
  isFaulty: boolean
  /** The documents that it runs. */
  documents: readonly string[]
  configFile?: string
  /** What Vitest's own configuration adds to the environment of tests. */
  env: Readonly<Record<string, string>>
  /** What `.env` files of the project say. */
  files?: EnvironmentFiles
}

/** What the configuration of Vitest says of documents. */
export interface Configuration {
  /** Whether it was read, or there is none to read. */
  isKnown: boolean
  vitest?: string
  configFile?: string
  /** Those that have the plugin. */
  projects: readonly DoctorProject[]
  hindrances: readonly Hindrance[]
}

type VitestNode = typeof import('vitest/node')

/**
 * Reads the configuration as a run would, by the project's own Vitest, and runs nothing.
 *
 * @param config the file, where it is not the one that Vitest finds.
 */
export async function readConfiguration(root: string, config: string | undefined): Promise<Configuration> {
  const require = createRequire(join(root, 'package.json'))
  const entry = tried(() => require.resolve('vitest/node'))
  if (entry === undefined) {
    const message = failed('find', 'Vitest', `none is installed in ${root} or above`)
    const hindrance: Hindrance = { severity: 'error', message, hint: 'Run npm install --save-dev vitest.' }
    return { isKnown: true, projects: [], hindrances: [hindrance] }
  }
  const version = tried(() => (require('vitest/package.json') as { version: string }).version)
  const node = (await import(pathToFileURL(entry).href)) as VitestNode
  try {
    const vitest = await open(node, root, config)
    try {
      return given<Configuration>({ vitest: version, ...(await described(vitest)) })
    } finally {
      await vitest.close()
    }
  } catch (error) {
    const { message } = error as Error
    const found = isForeseen(error) ? message : failed('read', 'the configuration of Vitest', message)
    return given<Configuration>({
      vitest: version,
      isKnown: false,
      projects: [],
      hindrances: [{ severity: 'error', message: found }],
    })
  }
}

/** Vitest as `vitest run` would begin, which says nothing. */
function open({ createVitest }: VitestNode, root: string, config: string | undefined): Promise<Vitest> {
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() })
  return createVitest(
    'test',
    given({ root, config, watch: false, reporters: [{}], coverage: { enabled: false }, api: false as never }),
    { logLevel: 'silent' },
    { stdout: nowhere(), stderr: nowhere() },
  )
}

async function described(vitest: Vitest): Promise<Omit<Configuration, 'vitest'>> {
  const hindrances: Hindrance[] = []
  const configFile = fileOf(vitest.vite.config.configFile)
  const withPlugin = vitest.projects.flatMap(project => {
    const api = apiOf(project)
    return api === undefined ? [] : [{ project, api }]
  })
  for (const { project, api } of withPlugin) {
    const message = faultOf(project, api)
    const file = fileOf(project.vite.config.configFile) ?? configFile
    if (message === undefined || hindrances.some(one => one.message === message)) continue
    const at = file === undefined ? undefined : { file, line: 1, column: 1 }
    hindrances.push(given<Hindrance>({ severity: 'error', message, at }))
  }
  const claims = await checkClaims(vitest).catch((error: Error) => error.message)
  if (claims !== undefined) hindrances.push({ severity: 'error', message: claims })
  if (withPlugin.length === 0) hindrances.push(withoutPlugin(vitest, configFile))
  const projects = await Promise.all(
    withPlugin.map(async ({ project, api }) =>
      given<DoctorProject>({
        name: project.name,
        root: project.config.root,
        options: api.options,
        isFaulty: faultOf(project, api) !== undefined,
        documents: (await project.globTestFiles()).testFiles.filter(isDocument),
        configFile: fileOf(project.vite.config.configFile) ?? configFile,
        env: (project.config.env ?? {}) as Record<string, string>,
        files: await readEnvironmentFiles(project),
      }),
    ),
  )
  return given({ isKnown: true, configFile, projects, hindrances })
}

/** What is wrong with the options themselves, or with what they name. */
const faultOf = (project: TestProject, { fault }: PluginApi): string | undefined =>
  fault?.message ?? project.getProvidedContext()['vitest-arazzo:fault']

function apiOf({ vite }: TestProject): PluginApi | undefined {
  return vite.config.plugins.findLast(({ name }) => name === PLUGIN_NAME)?.api as PluginApi | undefined
}

const fileOf = (file: string | false | undefined) => (typeof file === 'string' && file !== '' ? file : undefined)

function withoutPlugin({ config }: Vitest, configFile: string | undefined): Hindrance {
  const option = { path: [], code: '', isKnown: true }
  if (configFile === undefined) {
    const found = `${config.root} has no vitest.config or vite.config`
    const hint = 'Write one with arazzo() among its plugins.'
    return { severity: 'error', message: failed('find', 'the configuration of Vitest', found), hint, option }
  }
  const found = `${relative(config.root, configFile)} has no arazzo() among its plugins`
  const hint = "Import it from 'vitest-arazzo/plugin', and add arazzo() to its plugins."
  const at = { file: configFile, line: 1, column: 1 }
  return { severity: 'error', message: failed('find', 'the plugin', found), hint, at, option }
}
