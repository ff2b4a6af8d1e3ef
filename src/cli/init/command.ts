import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename, join } from 'node:path'
import process from 'node:process'
import type { Operation } from '../../document/model.ts'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { plainLines } from '../../ground/plain.ts'
import { counted } from '../../ground/words.ts'
import { credentialsOf } from '../../workflow/security/needed.ts'
import { type Command, FAILED, PASSED } from '../command.ts'
import { assertValid, openApiIn } from '../documents.ts'
import { Misuse } from '../flags.ts'
import { type CiFile, ciFile, serviceOf } from './ci.ts'
import { assertFolder, fileName, urlFrom, writeNew } from './files.ts'
import {
  configName,
  configurationIn,
  ignoreWritten,
  installCommand,
  missingPackages,
  RUN,
  runIn,
  schemaAddress,
  WRITTEN,
} from './project.ts'
import { readWishes, type Wishes } from './questions.ts'
import { comparisonText, configText, documentText, loadTestText, type Names, variablesOf } from './texts.ts'
import { type Draft, draftOf } from './workflows.ts'

export const init: Command = {
  usage: 'init [openapi] [flags]',
  text: 'write a first Arazzo document, a configuration and a load test from an OpenAPI file',
  flags: {
    output: { value: 'folder', text: 'where they are written (default: here)' },
    name: { value: 'name', text: 'what they are called (default: as the OpenAPI file is)' },
    server: { value: 'url', text: 'where the application listens' },
    command: { value: "'npm start'", text: 'what starts the application; it listens at the port in PORT' },
    ci: { value: 'github', text: 'also compare pull requests with their base: github or gitlab' },
    writes: { text: 'also make each thing that has a DELETE, look at it, and remove it again' },
    yes: { text: 'ask nothing, also in a terminal' },
  },
  examples: [
    "init openapi.yaml --command 'npm start'",
    'init openapi.yaml --server http://127.0.0.1:3000',
    'init openapi.yaml --writes',
    "init openapi.yaml --command 'npm start' --ci github",
  ],
  async run(flags) {
    const wishes = await readWishes(flags)
    const { file, folder, service } = wishes
    assertFolder(folder)
    if (service !== undefined && wishes.application.command === undefined) throw new Misuse(NOT_COMPARABLE)
    const ci = service && ciFile(service, folder)
    const api = openApiIn(file)
    const names = namesOf(file, api.title, folder, flags.text('name'))
    const draft = draftOf(api, names.source, flags.isOn('writes'))
    if (draft === undefined) throw new Misuse(nothingToCall(file, api.description.operations.length))
    const { login } = draft
    const needed = {
      login,
      credentials: credentialsOf(draft.operations, api.description, names.source, login?.schemes),
    }
    const texts = {
      [`${names.source}.arazzo.yaml`]: documentText(names, draft),
      [`${names.source}.load.test.ts`]: loadTestText(names, draft),
    }
    if (ci) texts[`${names.source}.compare.test.ts`] = comparisonText(names, draft)
    const configured = configurationIn(folder)
    const config = configText(names, { ...wishes.application, setup: ci?.setup }, needed, api.description)
    if (configured === undefined) texts[configName(folder)] = config
    const written = writeNew(folder, texts)
    await assertValid(join(folder, `${names.source}.arazzo.yaml`))
    tell(folder, Object.keys(texts), written, draft)
    tellOfComparison(wishes, ci)
    if (configured !== undefined) console.log(`\n${configured} is there already. What it needs:\n\n${config}`)
    const steps = nextSteps(wishes, configured, variablesOf(names.source, needed))
    return steps.length > 1 || !wishes.isAttended ? sayNext(steps) : offerRun(folder, steps)
  },
}

const NOT_COMPARABLE = failed(
  'compare',
  'pull requests with their base',
  'nothing says how the application starts',
  "Add --command 'npm start': head and base are started by it.",
)

function nothingToCall(file: string, operations: number): string {
  const thing = `a workflow for ${file}`
  if (operations === 0) return failed('write', thing, 'it has no operations', 'Describe one in its `paths`.')
  const found = 'none of its operations can be called with made-up values'
  return failed('write', thing, found, 'Give its required parameters an `example`.')
}

function namesOf(file: string, title: string | undefined, folder: string, wanted: string | undefined): Names {
  const plain = basename(file)
    .replace(/\.(ya?ml|json)$/i, '')
    .replace(/[.-]?(openapi|swagger)$/i, '')
  const source = fileName(wanted ?? (plain || title || 'api'))
  return { source, title: (title ?? source).slice(0, 200), url: urlFrom(folder, file), schema: schemaAddress(folder) }
}

function tell(folder: string, names: readonly string[], written: readonly string[], draft: Draft): void {
  const { workflows, unremoved, unmade } = draft
  const ignored = ignoredIn(folder)
  const lines = [
    ...names.map(name => `${written.includes(name) ? 'wrote' : 'kept'} ${shortPath(join(folder, name))}`),
    ...(ignored.length > 0 ? [`added ${ignored.join(' and ')} to ${shortPath(join(folder, '.gitignore'))}`] : []),
    '',
    `${counted(workflows.length, 'workflow')}.`,
    ...(unremoved.length > 0 ? [notMade('no DELETE removes again what they make', unremoved)] : []),
    ...(unmade.length > 0
      ? [notMade('a value that they take, the id that they give, or a GET of it is not known', unmade)]
      : []),
  ]
  console.log(lines.join('\n'))
}

/** Writes the file of the service, or says how to get it. */
function tellOfComparison({ folder, application, isAttended }: Wishes, ci: CiFile | undefined): void {
  if (ci === undefined) {
    const service = isAttended || application.command === undefined ? undefined : serviceOf(folder)
    if (service !== undefined) console.log(`Pull requests can be compared with their base: add --ci ${service}.`)
    return
  }
  if (!ci.isThere) writeNew(ci.folder, { [ci.name]: ci.text })
  console.log(`${ci.isThere ? 'kept' : 'wrote'} ${shortPath(join(ci.folder, ci.name))}`)
  console.log("Jobs that run the other tests alone take: npx vitest run --tags-filter='!load'")
}

/** Lines for the operations that are left out, some of many. */
function notMade(why: string, operations: readonly Operation[]): string {
  const names = operations.slice(0, 5).map(({ path }) => `POST ${path}`)
  const more = operations.length - names.length
  const list = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `Not called, as ${why}: ${list}.`
}

/** The lines that were added to `.gitignore`; what keeps it from being written is told, and no failure. */
function ignoredIn(folder: string): string[] {
  try {
    return ignoreWritten(folder)
  } catch (error) {
    const file = shortPath(join(folder, '.gitignore'))
    console.error(plainLines(failed('write', file, (error as Error).message, `Add ${WRITTEN.join(' and ')} by hand.`)))
    return []
  }
}

/** What is left to be done, the run itself last. */
function nextSteps({ folder, application }: Wishes, configured: string | undefined, variables: readonly string[]) {
  const missing = missingPackages(folder)
  return [
    ...(missing.length > 0 ? [`${installCommand(folder)} ${missing.join(' ')}`] : []),
    ...(configured === undefined ? [] : [`Put the above into ${configured}.`]),
    ...(variables.length > 0 ? [`Set ${variables.join(', ')} in the environment.`] : []),
    ...(application.command === undefined ? ['Start the application.'] : []),
    runIn(folder),
  ]
}

function sayNext(steps: readonly string[]): number {
  const lines = steps.length === 1 ? [`Next: ${steps[0]}`] : ['Next:', ...steps.map((step, i) => `  ${i + 1}. ${step}`)]
  console.log(lines.join('\n'))
  return PASSED
}

/** Runs the tests where somebody wants that. */
async function offerRun(folder: string, steps: readonly string[]): Promise<number> {
  const { askWhether } = await import('../ask.ts')
  if (!(await askWhether(`Run it now (${RUN})?`))) return sayNext(steps)
  const child = spawn('npx', ['vitest', 'run'], { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })
  const [code] = (await once(child, 'close')) as [number | null]
  return code === 0 ? PASSED : FAILED
}
