import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { gitIn } from '../../ground/git.ts'
import { isObject } from '../../ground/object.ts'
import { plainLines } from '../../ground/plain.ts'
import { tried } from '../../ground/tried.ts'
import { packageFolder } from '../../ground/version.ts'
import { counted } from '../../ground/words.ts'
import { repositoryOf } from '../../report/origin.ts'
import { credentialsOf, variableOf } from '../../workflow/security/needed.ts'
import { assertWritable, openApiIn } from '../documents.ts'
import { type Command, type Flags, Misuse, misuse, PASSED } from '../flags.ts'
import * as project from './project.ts'
import {
  arazzoDocument,
  comparisonText,
  configText,
  documentText,
  loadTestText,
  type Names,
  type Needed,
} from './texts.ts'
import { draftOf } from './workflows.ts'

export const init: Command = {
  usage: 'init [openapi] [flags]',
  text: 'write a first Arazzo document, a configuration and a load test from an OpenAPI file',
  flags: {
    output: { value: 'folder', text: 'where they are written (default: here)' },
    server: { value: 'url', text: 'where the application listens' },
    command: { value: "'npm start'", text: 'what starts the application; it listens at the port in PORT' },
    ci: { value: 'github', text: 'also compare pull requests with their base: github or gitlab' },
  },
  examples: [
    "init openapi.yaml --command 'npm start'",
    'init openapi.yaml --server http://127.0.0.1:3000',
    "init openapi.yaml --command 'npm start' --ci github",
  ],
  async run(flags) {
    const folder = resolve(flags.text('output') ?? '.')
    const [command, server] = [flags.text('command'), flags.text('server')]
    const service = flags.word('ci', SERVICES)
    const file = fileOf(flags)
    project.assertFolder(folder)
    if (service !== undefined && command === undefined) throw new Misuse(NOT_COMPARABLE)
    const ci = service && ciFile(service, folder)
    const api = openApiIn(file)
    const names = namesOf(file, api.title, folder)
    const draft = draftOf(api, names.source)
    if (draft === undefined) throw new Misuse(nothingToCall(file, api.description.operations.length))
    const { login } = draft
    const credentials = credentialsOf(draft.operations, api.description, names.source, login?.schemes)
    const needed = { login, credentials }
    const document = arazzoDocument(names, draft.workflows)
    const documentFile = `${names.source}.arazzo.yaml`
    await assertWritable(folder, documentFile, { [documentFile]: document })
    const texts = {
      [documentFile]: documentText(names, document, draft),
      [`${names.source}.load.test.ts`]: loadTestText(names, draft),
    }
    if (ci) texts[`${names.source}.compare.test.ts`] = comparisonText(names, draft)
    const configured = project.configurationIn(folder)
    const application = { command, server, setup: ci?.setup, script: project.startScript(folder) }
    const config = configText(names, application, needed, api.description)
    if (configured === undefined) texts[project.configName(folder)] = config
    const written = project.writeNew(folder, texts)
    const ignored = ignoredIn(folder)
    for (const name of Object.keys(texts))
      console.log(`${written.includes(name) ? 'wrote' : 'kept'} ${shortPath(join(folder, name))}`)
    if (ignored.length > 0) console.log(`added ${ignored.join(' and ')} to ${shortPath(join(folder, '.gitignore'))}`)
    console.log(`\n${counted(draft.workflows.length, 'workflow')}.`)
    if (ci) writeCi(ci)
    else offerComparison(folder, command)
    if (configured !== undefined) console.log(`\n${configured} is there already. What it needs:\n\n${config}`)
    const missing = project.missingPackages(folder)
    const variables = variablesOf(names.source, needed)
    const steps = [
      ...(missing.length > 0 ? [`${project.installCommand(folder)} ${missing.join(' ')}`] : []),
      ...(configured === undefined ? [] : [`Put the above into ${configured}.`]),
      ...(variables.length > 0 ? [`Set ${variables.join(', ')} in the environment.`] : []),
      ...(command === undefined ? ['Start the application.'] : []),
      project.runIn(folder),
    ]
    const lines =
      steps.length === 1 ? [`Next: ${steps[0]}`] : ['Next:', ...steps.map((step, i) => `  ${i + 1}. ${step}`)]
    console.log(lines.join('\n'))
    return PASSED
  },
}

/** The variables of the environment that have to be set before a run: those without an example in the description. */
function variablesOf(source: string, { credentials, login }: Needed): string[] {
  const ofLogin = login?.inputs.filter(({ example }) => example === undefined) ?? []
  return [
    ...ofLogin.map(({ name }) => variableOf(source, name)),
    ...credentials.flatMap(({ fields }) => (typeof fields === 'string' ? [fields] : Object.values(fields))),
  ]
}

const NOT_COMPARABLE = failed(
  'compare',
  'pull requests with their base',
  'nothing says how the application starts',
  "Add --command 'npm start': head and base are started by it.",
)

/** The OpenAPI file that is named; without a name, the only one at the usual places. */
function fileOf(flags: Flags): string {
  const [found, ...others] = flags.operands.length === 0 ? project.openApiFiles('.') : []
  return found !== undefined && others.length === 0 ? found : flags.operand('an OpenAPI file', 'openapi.yaml')
}

function nothingToCall(file: string, operations: number): string {
  const thing = `a workflow for ${file}`
  if (operations === 0) return failed('write', thing, 'it has no operations', 'Describe one in its `paths`.')
  const found = 'none of its operations can be called with the values that it gives'
  return failed('write', thing, found, 'Give required parameters and bodies an `example`.')
}

function namesOf(file: string, title: string | undefined, folder: string): Names {
  const plain = basename(file)
    .replace(/\.(ya?ml|json)$/i, '')
    .replace(/[.-]?(openapi|swagger)$/i, '')
  const source = project.fileName(plain || title || 'api')
  return {
    source,
    title: (title ?? source).slice(0, 200),
    url: project.urlFrom(folder, file),
    schema: project.schemaAddress(folder),
  }
}

/** The lines that were added to `.gitignore`. What keeps it from being written is printed, and is no failure. */
function ignoredIn(folder: string): string[] {
  try {
    return project.ignoreWritten(folder)
  } catch (error) {
    const file = shortPath(join(folder, '.gitignore'))
    console.error(
      plainLines(failed('write', file, (error as Error).message, `Add ${project.WRITTEN.join(' and ')} by hand.`)),
    )
    return []
  }
}

function writeCi({ folder, name, text, isThere }: CiFile): void {
  if (!isThere) project.writeNew(folder, { [name]: text })
  console.log(`${isThere ? 'kept' : 'wrote'} ${shortPath(join(folder, name))}`)
  console.log("Jobs that run the other tests alone take: npx vitest run --tags-filter='!load'")
}

function offerComparison(folder: string, command: string | undefined): void {
  const service = command === undefined ? undefined : serviceOf(folder)
  if (service !== undefined) console.log(`Pull requests can be compared with their base: add --ci ${service}.`)
}

/** The services that compare pull requests by a file of the repository. */
const SERVICES = ['github', 'gitlab'] as const
type Service = (typeof SERVICES)[number]

const SERVICE_NAMES: Readonly<Record<Service, string>> = { github: 'GitHub', gitlab: 'GitLab' }

interface CiFile {
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
function ciFile(service: Service, folder: string): CiFile {
  const fault = (found: string, advice: string) =>
    misuse('write', `the file for ${SERVICE_NAMES[service]}`, found, advice)
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
