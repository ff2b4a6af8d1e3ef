import { basename, join, resolve } from 'node:path'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { plainLines } from '../../ground/plain.ts'
import { counted } from '../../ground/words.ts'
import { credentialsOf } from '../../workflow/security/needed.ts'
import { type Command, PASSED } from '../command.ts'
import { assertValid, openApiIn } from '../documents.ts'
import { type Flags, Misuse } from '../flags.ts'
import { type CiFile, ciFile, SERVICES, serviceOf } from './ci.ts'
import { assertFolder, fileName, urlFrom, writeNew } from './files.ts'
import {
  configName,
  configurationIn,
  ignoreWritten,
  installCommand,
  missingPackages,
  openApiFiles,
  runIn,
  schemaAddress,
  startScript,
  WRITTEN,
} from './project.ts'
import { comparisonText, configText, documentText, loadTestText, type Names, variablesOf } from './texts.ts'
import { draftOf } from './workflows.ts'

export const init: Command = {
  usage: 'init [openapi] [flags]',
  text: 'write a first Arazzo document, a configuration and a load test from an OpenAPI file',
  flags: {
    output: { value: 'folder', text: 'where they are written (default: here)' },
    name: { value: 'name', text: 'what they are called (default: as the OpenAPI file is)' },
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
    assertFolder(folder)
    if (service !== undefined && command === undefined) throw new Misuse(NOT_COMPARABLE)
    const ci = service && ciFile(service, folder)
    const api = openApiIn(file)
    const names = namesOf(file, api.title, folder, flags.text('name'))
    const draft = draftOf(api, names.source)
    if (draft === undefined) throw new Misuse(nothingToCall(file, api.description.operations.length))
    const { login } = draft
    const credentials = credentialsOf(draft.operations, api.description, names.source, login?.schemes)
    const needed = { login, credentials }
    const texts = {
      [`${names.source}.arazzo.yaml`]: documentText(names, draft),
      [`${names.source}.load.test.ts`]: loadTestText(names, draft),
    }
    if (ci) texts[`${names.source}.compare.test.ts`] = comparisonText(names, draft)
    const configured = configurationIn(folder)
    const application = { command, server, setup: ci?.setup, script: startScript(folder) }
    const config = configText(names, application, needed, api.description)
    if (configured === undefined) texts[configName(folder)] = config
    const written = writeNew(folder, texts)
    await assertValid(join(folder, `${names.source}.arazzo.yaml`))
    const ignored = ignoredIn(folder)
    for (const name of Object.keys(texts))
      console.log(`${written.includes(name) ? 'wrote' : 'kept'} ${shortPath(join(folder, name))}`)
    if (ignored.length > 0) console.log(`added ${ignored.join(' and ')} to ${shortPath(join(folder, '.gitignore'))}`)
    console.log(`\n${counted(draft.workflows.length, 'workflow')}.`)
    if (ci) writeCi(ci)
    else offerComparison(folder, command)
    if (configured !== undefined) console.log(`\n${configured} is there already. What it needs:\n\n${config}`)
    const missing = missingPackages(folder)
    const variables = variablesOf(names.source, needed)
    const steps = [
      ...(missing.length > 0 ? [`${installCommand(folder)} ${missing.join(' ')}`] : []),
      ...(configured === undefined ? [] : [`Put the above into ${configured}.`]),
      ...(variables.length > 0 ? [`Set ${variables.join(', ')} in the environment.`] : []),
      ...(command === undefined ? ['Start the application.'] : []),
      runIn(folder),
    ]
    const lines =
      steps.length === 1 ? [`Next: ${steps[0]}`] : ['Next:', ...steps.map((step, i) => `  ${i + 1}. ${step}`)]
    console.log(lines.join('\n'))
    return PASSED
  },
}

const NOT_COMPARABLE = failed(
  'compare',
  'pull requests with their base',
  'nothing says how the application starts',
  "Add --command 'npm start': head and base are started by it.",
)

/** The OpenAPI file that is named; without a name, the only one at the usual places. */
function fileOf(flags: Flags): string {
  const [found, ...others] = flags.operands.length === 0 ? openApiFiles('.') : []
  return found !== undefined && others.length === 0 ? found : flags.operand('an OpenAPI file', 'openapi.yaml')
}

function nothingToCall(file: string, operations: number): string {
  const thing = `a workflow for ${file}`
  if (operations === 0) return failed('write', thing, 'it has no operations', 'Describe one in its `paths`.')
  const found = 'none of its operations can be called with the values that it gives'
  return failed('write', thing, found, 'Give required parameters and bodies an `example`.')
}

function namesOf(file: string, title: string | undefined, folder: string, wanted: string | undefined): Names {
  const plain = basename(file)
    .replace(/\.(ya?ml|json)$/i, '')
    .replace(/[.-]?(openapi|swagger)$/i, '')
  const source = fileName(wanted ?? (plain || title || 'api'))
  return { source, title: (title ?? source).slice(0, 200), url: urlFrom(folder, file), schema: schemaAddress(folder) }
}

/** The lines that were added to `.gitignore`. What keeps it from being written is printed, and is no failure. */
function ignoredIn(folder: string): string[] {
  try {
    return ignoreWritten(folder)
  } catch (error) {
    const file = shortPath(join(folder, '.gitignore'))
    console.error(plainLines(failed('write', file, (error as Error).message, `Add ${WRITTEN.join(' and ')} by hand.`)))
    return []
  }
}

function writeCi({ folder, name, text, isThere }: CiFile): void {
  if (!isThere) writeNew(folder, { [name]: text })
  console.log(`${isThere ? 'kept' : 'wrote'} ${shortPath(join(folder, name))}`)
  console.log("Jobs that run the other tests alone take: npx vitest run --tags-filter='!load'")
}

function offerComparison(folder: string, command: string | undefined): void {
  const service = command === undefined ? undefined : serviceOf(folder)
  if (service !== undefined) console.log(`Pull requests can be compared with their base: add --ci ${service}.`)
}
