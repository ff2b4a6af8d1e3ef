import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Operation } from '../../document/model.ts'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { gitIn } from '../../ground/git.ts'
import { plain, plainLines } from '../../ground/plain.ts'
import { tried } from '../../ground/tried.ts'
import { packageFolder } from '../../ground/version.ts'
import { counted, firstOf } from '../../ground/words.ts'
import { repositoryOf } from '../../report/origin.ts'
import { credentialsOf, variableOf } from '../../workflow/security/needed.ts'
import { assertWritable, openApiIn } from '../documents.ts'
import { type Command, type Flags, Misuse, misuse, PASSED, startFlag } from '../flags.ts'
import { exampleTexts } from './example.ts'
import { isSafe } from './operations.ts'
import * as project from './project.ts'
import { isStartedBy, tagsToWrite } from './questions.ts'
import {
  arazzoDocument,
  comparisonText,
  configText,
  documentText,
  loadTestText,
  type Names,
  type Needed,
} from './texts.ts'
import { type Draft, draftOf } from './workflows.ts'

export const init: Command = {
  usage: 'init [openapi] [flags]',
  text: 'write a first Arazzo document, a configuration and a load test from an OpenAPI file',
  flags: {
    output: { value: 'folder', text: 'where they are written (default: here)' },
    server: { value: 'url', text: 'where the application listens' },
    command: startFlag,
    tags: { value: "'pets,orders'", text: 'write workflows for operations with these tags alone' },
    example: { text: "write the README's application and its tests instead; no OpenAPI file is needed" },
    ci: { value: 'github', text: 'also compare pull requests with their base: github or gitlab' },
  },
  examples: [
    "init openapi.yaml --command 'npm start'",
    'init openapi.yaml --server http://127.0.0.1:3000',
    "init openapi.yaml --command 'npm start' --ci github",
    'init --example',
  ],
  async run(flags) {
    const folder = resolve(flags.text('output') ?? '.')
    if (flags.isOn('example')) return writeExample(folder, flags)
    const service = flags.word('ci', SERVICES)
    const file = fileOf(flags)
    project.assertFolder(folder)
    const server = flags.text('server')
    const script = project.startScript(folder)
    const ci = service && ciFile(service, folder)
    const api = openApiIn(file)
    const { operations } = api.description
    const isOffered = server === undefined && script !== undefined && !flags.has('command')
    const command = isOffered && (await isStartedBy(script)) ? script : flags.text('command')
    if (ci && command === undefined) throw new Misuse(NOT_COMPARABLE)
    const names = namesOf(file, api.title, folder)
    const draft = draftOf(api, names.source, await tagsToWrite(operations, flags.text('tags')))
    if (draft === undefined) throw new Misuse(nothingToCall(file, operations.length))
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
    const application = { command, server, setup: ci?.setup, script }
    const config = configText(names, application, needed, api.description)
    if (configured === undefined) texts[project.configName(folder)] = config
    writeFiles(folder, texts)
    console.log(`\n${counted(draft.workflows.length, 'workflow')}.`)
    for (const line of skippedLines(draft)) console.log(plain(line))
    if (ci) writeCi(ci)
    else offerComparison(folder, command)
    if (configured !== undefined) console.log(`\n${configured} is there already. What it needs:\n\n${config}`)
    const variables = variablesOf(names.source, needed)
    printNext(folder, [
      ...(configured === undefined ? [] : [`Put the above into ${configured}.`]),
      ...(variables.length > 0 ? [`Set ${variables.join(', ')} in the environment.`] : []),
      ...(command === undefined ? [`Start the application${script === undefined ? '' : ` (${script})`}.`] : []),
    ])
    return PASSED
  },
}

/** Writes the README's project. Throws Misuse for flags that say how another application is tested. */
function writeExample(folder: string, flags: Flags): number {
  const others = ['server', 'command', 'tags', 'ci'].filter(name => flags.has(name)).map(name => `--${name}`)
  const [unused] = [...flags.operands, ...others]
  if (unused !== undefined)
    throw misuse('write', 'the example', `${unused} has no use for it`, 'Leave it out, or leave --example out.')
  const texts = exampleTexts()
  const configured = project.configurationIn(folder)
  if (configured !== undefined && !(configured in texts)) throw project.taken([configured])
  writeFiles(folder, texts)
  console.log('\nAn API of pets, a workflow of two steps, and a load test with four budgets.')
  printNext(folder, [])
  return PASSED
}

/** Writes files and the lines of `.gitignore`, and prints what was written. */
function writeFiles(folder: string, texts: Readonly<Record<string, string>>): void {
  const written = project.writeNew(folder, texts)
  const ignored = ignoredIn(folder)
  for (const name of Object.keys(texts))
    console.log(`${written.includes(name) ? 'wrote' : 'kept'} ${shortPath(join(folder, name))}`)
  if (ignored.length > 0) console.log(`added ${ignored.join(' and ')} to ${shortPath(join(folder, '.gitignore'))}`)
}

/** Prints the next steps: the packages to install, these, and the command that runs the tests. */
function printNext(folder: string, own: readonly string[]): void {
  const missing = project.missingPackages(folder)
  const install = missing.length > 0 ? [`${project.installCommand(folder)} ${missing.join(' ')}`] : []
  const steps = [...install, ...own, project.runIn(folder)]
  const lines = steps.length === 1 ? [`Next: ${steps[0]}`] : ['Next:', ...steps.map((step, i) => `  ${i + 1}. ${step}`)]
  console.log(lines.join('\n'))
}

/** The largest number of operations that are named. */
const MOST_NAMED = 20

/** Operations that no workflow calls, by the reason. */
function skippedLines({ skipped, isSafe: onlyLooks }: Draft): string[] {
  const lineOf = (why: string, all: readonly Operation[]) => {
    const names = all.map(({ operationId, method, path }) => operationId ?? `${method} ${path}`)
    const shown = firstOf(names, MOST_NAMED, left => `and ${left} more`).join(', ')
    return all.length === 0 ? [] : [`Skipped, because ${why}: ${shown}.`]
  }
  const [looks, others] = [skipped.filter(isSafe), skipped.filter(operation => !isSafe(operation))]
  const why = onlyLooks ? 'only GET is called' : 'one call that may change something is enough to start with'
  return [...lineOf(why, others), ...lineOf('a required value has no example', looks)]
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
const setupOf = (folder: string): string =>
  'build' in project.scriptsIn(folder) ? 'npm ci && npm run build' : 'npm ci'

const withinOf = (root: string, folder: string): string => relative(root, folder).split(sep).join('/')
