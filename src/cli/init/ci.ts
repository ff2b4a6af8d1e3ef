import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { gitIn } from '../../ground/git.ts'
import { isObject } from '../../ground/object.ts'
import { tried } from '../../ground/tried.ts'
import { packageFolder } from '../../ground/version.ts'
import { repositoryOf } from '../../report/origin.ts'
import { Misuse } from '../flags.ts'

/** The services that compare pull requests by a file of the repository. */
export const SERVICES = ['github', 'gitlab'] as const
export type Service = (typeof SERVICES)[number]

const SERVICE_NAMES: Readonly<Record<Service, string>> = { github: 'GitHub', gitlab: 'GitLab' }

export interface CiFile {
  folder: string
  name: string
  text: string
  /** Commands that make a fresh checkout ready. */
  setup: string
  /** Whether it is there already, with this text. */
  isThere: boolean
}

/** The service that a repository belongs to, by its files, else by the address of `origin`. */
export function serviceOf(folder: string): Service | undefined {
  const root = repositoryOf(folder)
  if (root === undefined) return undefined
  if (existsSync(join(root, '.gitlab-ci.yml'))) return 'gitlab'
  if (existsSync(join(root, '.github'))) return 'github'
  const origin = gitIn(root, 'remote', 'get-url', 'origin') ?? ''
  return SERVICES.find(service => origin.includes(service))
}

/**
 * The file that compares pull requests of the folder's repository: that of the package's examples, with this project's
 * folder, setup and default branch. Throws Misuse if the folder is in no repository, or has that file.
 */
export function ciFile(service: Service, folder: string): CiFile {
  const fault = (found: string, advice: string) =>
    new Misuse(failed('write', `the file for ${SERVICE_NAMES[service]}`, found, advice))
  const root = repositoryOf(folder)
  if (root === undefined) throw fault(`${shortPath(folder)} is in no git repository`, 'Run git init first.')
  const file = join(root, service === 'github' ? '.github/workflows/load.yml' : '.gitlab-ci.yml')
  const example = readFileSync(join(packageFolder(), `examples/ci/${service}.yml`), 'utf8')
  const text = service === 'github' ? forGithub(example, root, folder) : forGitlab(example, root, folder)
  const there = tried(() => readFileSync(file, 'utf8'))
  if (there === undefined || there === text)
    return { folder: dirname(file), name: basename(file), text, setup: setupOf(folder), isThere: there === text }
  throw fault(`${shortPath(file)} is there already`, `Add to it:\n\n${text}`)
}

function forGithub(example: string, root: string, folder: string): string {
  const [setup, within] = [setupOf(folder), withinOf(root, folder)]
  const ofRemote = gitIn(root, 'symbolic-ref', '--short', 'refs/remotes/origin/HEAD')?.replace('origin/', '')
  const usual = ['main', 'master'].find(name => gitIn(root, 'rev-parse', '--verify', `refs/heads/${name}`))
  const main = ofRemote ?? usual ?? gitIn(root, 'symbolic-ref', '--short', 'HEAD') ?? 'main'
  const step = within === '' ? '' : `\n          working-directory: ${within}`
  return example
    .replace('[main]', `[${main}]`)
    .replaceAll('npm ci && npm run build', () => setup)
    .replace(/ {6}- run: .*/, line => `${line}${within && `\n        working-directory: ${within}`}`)
    .replace(/ {10}setup: .*/, line => `${line}${step}`)
    .replace('./node_modules', () => `./${join(within, 'node_modules').split(sep).join('/')}`)
    .replace(
      'cache: npm',
      () => `cache: npm${within && `\n          cache-dependency-path: ${within}/package-lock.json`}`,
    )
}

function forGitlab(example: string, root: string, folder: string): string {
  const within = withinOf(root, folder)
  const inFolder = within === '' ? '' : `cd ${within} && `
  return example
    .replaceAll('npm ci && npm run build', () => setupOf(folder))
    .replace('    - npm ci', () => `    - ${inFolder}npm ci`)
    .replace(/(?<=cat |- |junit: )(?=\.vitest-arazzo|junit\.xml)/g, () => within && `${within}/`)
}

/** Commands that make a fresh checkout of a project ready. */
function setupOf(folder: string): string {
  const manifest = tried(() => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as unknown)
  const scripts = isObject(manifest) && isObject(manifest.scripts) ? manifest.scripts : {}
  return 'build' in scripts ? 'npm ci && npm run build' : 'npm ci'
}

const withinOf = (root: string, folder: string): string => relative(root, folder).split(sep).join('/')
