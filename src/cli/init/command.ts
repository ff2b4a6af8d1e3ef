import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { readOpenApi } from '../../document/openapi/read.ts'
import { readArazzo } from '../../document/read.ts'
import { ArazzoError, shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { counted } from '../../ground/words.ts'
import { writeWhole } from '../../report/whole.ts'
import { type Command, PASSED } from '../command.ts'
import { type Flags, Misuse } from '../flags.ts'
import { wordsOf } from './chain.ts'
import { credentialsOf, type NeededCredentials } from './security.ts'
import { configText, documentText, loadTestText, type Names } from './texts.ts'
import { draftOf } from './workflows.ts'

export const init: Command = {
  usage: 'init <openapi> [flags]',
  text: 'write a first Arazzo document, a configuration and a load test from an OpenAPI file',
  flags: {
    output: { value: 'folder', text: 'where they are written (default: here)' },
    name: { value: 'name', text: 'what they are called (default: as the OpenAPI file is)' },
    server: { value: 'url', text: 'where the application listens' },
    command: { value: "'npm start'", text: 'what starts the application; it listens at the port in PORT' },
    force: { text: 'write over files that are there' },
  },
  async run(flags) {
    const file = flags.operand('an OpenAPI file', 'openapi.yaml')
    const { api, problems } = readOpenApi(file)
    const errors = problems.filter(({ severity }) => severity === 'error')
    if (api === undefined || errors.length > 0) throw new ArazzoError(errors)
    const folder = resolve(flags.text('output') ?? '.')
    const names = namesOf(file, api.title, folder, flags.text('name'))
    const draft = draftOf(api, names.source)
    if (draft === undefined) throw new Misuse(nothingToCall(file, api.description.operations.length))
    const credentials = credentialsOf(draft.operations, api.description, names.source)
    const application = { command: flags.text('command'), server: flags.text('server') }
    const texts = {
      [`${names.source}.arazzo.yaml`]: documentText(names, draft),
      [`${names.source}.load.test.ts`]: loadTestText(names, draft),
    }
    const configured = configurationIn(folder)
    const config = configText(names, application, credentials, api.description)
    if (configured === undefined || flags.isOn('force')) texts['vitest.config.ts'] = config
    writeAll(folder, texts, flags)
    await assertValid(join(folder, `${names.source}.arazzo.yaml`))
    tell(folder, Object.keys(texts), draft.workflows.length, credentials)
    if (configured !== undefined && !flags.isOn('force'))
      console.log(`\n${configured} is there already. What it needs:\n\n${config}`)
    return PASSED
  },
}

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
  // It becomes the names of files, which have 255 bytes at most.
  const source = wordsOf(wanted ?? (plain || title || 'api'))
    .toLowerCase()
    .slice(0, 60)
    .replace(/-+$/, '')
  const path = relative(folder, resolve(file)).split(sep).join('/')
  return { source, title: (title ?? source).slice(0, 200), url: path.startsWith('.') ? path : `./${path}` }
}

function configurationIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined
  return readdirSync(folder).find(name => /^vite(st)?\.config\.[cm]?[jt]s$/.test(name))
}

/** All of them or none. */
function writeAll(folder: string, texts: Readonly<Record<string, string>>, flags: Flags): void {
  const there = Object.keys(texts).filter(name => existsSync(join(folder, name)))
  if (there.length > 0 && !flags.isOn('force')) {
    const found = `${there.join(' and ')} ${there.length === 1 ? 'is' : 'are'} there already`
    throw new Misuse(failed('write', 'the first files', found, 'Use --force to write over, or --output or --name.'))
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(texts)) writeWhole(join(folder, name), text)
}

/** What is written here is to be run: a document that cannot be is a fault of this command. */
async function assertValid(file: string): Promise<void> {
  const { problems } = await readArazzo(file)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new ArazzoError(errors)
}

function tell(
  folder: string,
  names: readonly string[],
  workflows: number,
  credentials: readonly NeededCredentials[],
): void {
  const variables = credentials.flatMap(({ fields }) => (typeof fields === 'string' ? [fields] : Object.values(fields)))
  const lines = [
    ...names.map(name => `wrote ${shortPath(join(folder, name))}`),
    '',
    `${counted(workflows, 'workflow')}. Start the application, then: npx vitest run`,
    ...(variables.length > 0 ? [`It needs credentials: set ${variables.join(', ')} in the environment.`] : []),
  ]
  console.log(lines.join('\n'))
}
