import { basename, join, resolve } from 'node:path'
import { writeYaml } from '../../document/file/yaml.ts'
import type { Raw } from '../../document/raw.ts'
import { didYouMean, shortPath } from '../../ground/errors.ts'
import { grouped } from '../../ground/group.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { plain } from '../../ground/plain.ts'
import { counted, firstOf, wordsOf } from '../../ground/words.ts'
import { isLoopback } from '../../http/loopback.ts'
import { variableOf } from '../../workflow/security/needed.ts'
import { assertWritable, openApiIn, operationName } from '../documents.ts'
import { type Command, type Flags, type Misuse, misuse, PASSED, startFlag } from '../flags.ts'
import * as project from '../init/project.ts'
import { arazzoDocument, arazzoText, configurationText, key, quoted, serverToStart } from '../init/texts.ts'
import { isTooDeep, type Recorded, readHar } from './har.ts'
import { openApiOf } from './openapi.ts'
import { byDescription, type CalledPath } from './operations.ts'
import { pagesWithTokens } from './page.ts'
import { type SecretMatch, secretsIn } from './secrets.ts'
import { looksRandom } from './shapes.ts'
import { stepsOf, type Written } from './steps.ts'

export const importHar: Command = {
  usage: 'import <file.har> [flags]',
  text: 'write an Arazzo document from recorded requests, with ids and tokens carried over',
  flags: {
    openapi: { value: 'file', text: 'the description of the API (default: one is written from the requests)' },
    output: { value: 'folder', text: 'where the files are written (default: here)' },
    host: { value: 'host[:port]', text: 'the host whose requests are taken (default: that with the most)' },
    server: { value: 'url', text: 'where the application listens (default: where the requests went)' },
    command: startFlag,
    keep: { value: 'name', text: 'long random text of this name stays in the files; may be repeated', isList: true },
  },
  examples: [
    "import checkout.har --command 'npm start'",
    'import checkout.har --openapi openapi.yaml --server http://127.0.0.1:3000',
  ],
  async run(flags) {
    const file = flags.operand('a HAR file', 'checkout.har')
    const folder = resolve(flags.text('output') ?? '.')
    project.assertFolder(folder)
    const chosen = choose(readHar(file), flags.text('host'))
    if (chosen === undefined || chosen.calls.length === 0) throw nothingIn(file, flags.text('host'))
    const described = flags.text('openapi')
    const api = described === undefined ? undefined : openApiIn(described)
    const name = project.fileName(basename(file).replace(/\.har$/i, ''))
    const { operations } = api?.description ?? {}
    const names = ({ operation }: CalledPath) => operation && operationName(operation, operations!, name)
    const secrets = await secretsIn(chosen.calls)
    const write = (kept: readonly string[]) =>
      stepsOf(chosen.calls, api && byDescription(api), names, withoutKept(secrets, kept))
    const written = write(keptOf(write([]), flags))
    if (written.steps.length === 0) throw nothingIn(file, undefined, described)
    const texts = await textsOf(name, folder, written, chosen, flags)
    const options = optionsOf(name, written, chosen, flags)
    const configured = project.configurationIn(folder)
    if (configured === undefined) texts[project.configName(folder)] = configurationText(options)
    project.writeNew(folder, texts)
    const isPlaced = flags.has('server') || flags.has('command')
    printSummary(folder, texts, written, chosen, isPlaced)
    if (configured !== undefined && options.length > 0)
      console.log(`\n${configured} is there already. Add this to arazzo({ … }):\n\n  ${options.join('\n  ')}`)
    return PASSED
  },
}

function nothingIn(file: string, host: string | undefined, openapi?: string): Misuse {
  const thing = `a workflow from ${file}`
  if (openapi !== undefined) {
    const found = `none of its requests is one that ${openapi} describes`
    return misuse('write', thing, found, 'Leave --openapi out, and a description is written.')
  }
  const found = host === undefined ? 'it has no requests to an API' : `it has no requests to an API at ${host}`
  return misuse('write', thing, found, 'Record requests of the application, with their responses.')
}

/** The files, by their names. Throws ArazzoError where the document could not be run. */
async function textsOf(
  name: string,
  folder: string,
  { steps, calls, inputs }: Written,
  { origin }: Chosen,
  flags: Flags,
): Promise<Record<string, string>> {
  const given = flags.text('openapi')
  const url = project.urlFrom(folder, given ?? join(folder, `${name}.openapi.yaml`))
  const workflow: Raw = {
    workflowId: name,
    summary: `As recorded: ${counted(steps.length, 'request')}.`,
    ...(inputs.schema && { inputs: inputs.schema }),
    steps,
  }
  const names = { source: name, title: name, url, schema: project.schemaAddress(folder) }
  const note = 'From recorded requests. Values that responses gave are carried over; the others are as they were sent.'
  const [file, beside] = [`${name}.arazzo.yaml`, `${name}.openapi.yaml`]
  const document = arazzoDocument(names, [workflow])
  // Prevents tests against another machine by accident.
  const description = given === undefined ? openApiOf(calls, name, isLoopback(origin) ? origin : '/') : undefined
  await assertWritable(folder, file, { [file]: document, ...(description && { [beside]: description }) })
  const texts = { [file]: arazzoText(names, document, [note]) }
  if (description) texts[beside] = `# From recorded requests: it says what was seen.\n${writeYaml(description)}`
  return texts
}

/** Options of the plugin, line by line. */
function optionsOf(name: string, { inputs }: Written, { origin }: Chosen, flags: Flags): string[] {
  const server = flags.text('server') ?? (isLoopback(origin) && flags.has('openapi') ? origin : undefined)
  const command = flags.text('command')
  const servers = server ?? (isLoopback(origin) ? undefined : 'http://127.0.0.1:3000')
  const started = command === undefined ? undefined : serverToStart(command, flags.text('server'))
  const used = started ?? (servers && `servers: ${quoted(servers)},`)
  const needed = inputs.needed.map(input => `  ${key(input)}: { env: ${quoted(variableOf(name, input))} },`)
  return [...(used === undefined ? [] : [used]), ...(needed.length === 0 ? [] : ['inputs: {', ...needed, '},'])]
}

/** Requests and variables that are named one by one; more are counted. */
const MOST_NAMED = 20

function short(all: readonly string[]): string {
  return firstOf(all, MOST_NAMED, left => `and ${left} more`).join(', ')
}

function printSummary(
  folder: string,
  texts: Record<string, string>,
  written: Written,
  { origin, leftOut }: Chosen,
  isPlaced: boolean,
): void {
  const { carry, inputs, unknown, namesLeftOut } = written
  const names = Object.keys(texts)
  const carried = [...carry.outputs.values()].reduce((sum, outputs) => sum + outputs.size, 0)
  const away =
    isLoopback(origin) || isPlaced ? [] : [`${origin} is not this machine: say in \`servers\` where it is to run.`]
  const variables = short(inputs.needed.map(input => variableOf(nameIn(names), input)))
  const random = short([...new Set(Object.values(texts).flatMap(randomWords))])
  const lines = [
    ...names.map(name => `wrote ${shortPath(join(folder, name))}`),
    '',
    `${counted(written.steps.length, 'step')} of ${origin}, ${counted(carried, 'value')} carried over.`,
    ...leftOut.map(one => `Left out: ${one}.`),
    ...(unknown.length > 0 ? [`Left out, as the description does not know them: ${short(unknown)}.`] : []),
    ...(namesLeftOut > 0 ? [`Left out, as secrets: ${counted(namesLeftOut, 'name')} of parameters and members.`] : []),
    ...away,
    ...(variables === '' ? [] : [`Became inputs, to be set in the environment: ${variables}.`]),
    ...(random === '' ? [] : [`Kept in the files, and looks random: ${random}.`]),
    `Next: ${project.runIn(folder)}`,
  ]
  console.log(lines.map(plain).join('\n'))
}

const nameIn = ([document = '']: readonly string[]) => document.replace(/\.arazzo\.yaml$/, '')

/** Methods of operations, except TRACE, which is never called. Source: OpenAPI 3.1.1, "Path Item Object". */
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH'])

/** The requests to an API among all that were recorded, and how many others there were, by why they are left out. */
interface Chosen {
  origin: string
  calls: readonly Recorded[]
  leftOut: readonly string[]
}

const ASSET = /\.(css|m?js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm|mp3|html?|wasm)$/i
const ASSET_TYPE = /^(image|font|audio|video)\/|^text\/(css|html|javascript)|^application\/(x-)?javascript|wasm/i

/**
 * Takes the requests to one origin: that which is wanted, else that with the most requests to an API.
 *
 * @param wanted host, with its port if it has one.
 */
function choose(all: readonly Recorded[], wanted: string | undefined): Chosen | undefined {
  const reasons = new Map<string, number>()
  const leave = (what: string) => reasons.set(what, (reasons.get(what) ?? 0) + 1)
  const pages = pagesWithTokens(all)
  const ofApi = all.filter(one => {
    const why = reasonAgainst(one, pages.has(one))
    if (why !== undefined) leave(why)
    return why === undefined
  })
  const origins = new Map<string, number>()
  for (const { url } of ofApi) origins.set(url.origin, (origins.get(url.origin) ?? 0) + 1)
  const [origin] =
    wanted === undefined
      ? ([...origins].sort(([, a], [, b]) => b - a)[0] ?? [])
      : [...origins.keys()].filter(one => new URL(one).host === wanted)
  if (origin === undefined) return undefined
  const calls: Recorded[] = []
  for (const one of ofApi) {
    if (one.url.origin !== origin) leave(`to ${one.url.host}`)
    else if (isRepeated(one, calls.at(-1))) leave('repeated at once')
    else calls.push(one)
  }
  return { origin, calls, leftOut: [...reasons].map(([what, count]) => `${counted(count, 'request')} ${what}`) }
}

/** @param givesToken whether it gives a token that a later request shows. */
function reasonAgainst(
  { method, url, status, responseType, body, headers }: Recorded,
  givesToken: boolean,
): string | undefined {
  if (!/^https?:$/.test(url.protocol)) return 'of another protocol'
  if (status === 0) return 'without a response'
  if (status === 101 || headers.some(([name]) => name === 'upgrade')) return 'that became a WebSocket'
  if (method === 'OPTIONS') return 'of a browser that asks what it may (OPTIONS)'
  if (!METHODS.has(method)) return 'by other methods than those of an API'
  if (isTooDeep(body?.text ?? '')) return 'whose bodies are nested too deeply'
  if (body?.hasFiles || /^multipart\//i.test(body?.type ?? '')) return 'that send files or multipart forms'
  const isJson = isJsonType(responseType)
  if (method === 'GET' && !givesToken && !isJson && (ASSET_TYPE.test(responseType) || ASSET.test(url.pathname)))
    return 'for pages and static files'
  return undefined
}

function isRepeated(one: Recorded, before: Recorded | undefined): boolean {
  if (before === undefined || one.method !== 'GET' || before.method !== 'GET') return false
  return one.url.href === before.url.href && one.status === before.status
}

/* Long random text becomes an input, unless the user says that it is no secret. */

/** Characters of a value that are shown. */
const SHOWN = 12

/** Names whose random values stay, by `--keep`. Throws Misuse for a name without such a value. */
function keptOf({ inputs }: Written, flags: Flags): string[] {
  const byName = grouped(inputs.random, ({ of }) => wordsOf(of))
  const kept = flags.list('keep')
  for (const name of kept) {
    if (byName.has(wordsOf(name))) continue
    const meant = didYouMean(name, [...byName.keys()])
    const advice = meant === undefined ? 'Leave it out.' : `Did you mean --keep ${meant}?`
    throw misuse('keep', `"${name}"`, 'no long random text that would be an input has this name', advice)
  }
  return kept
}

/** Findings but for random ones of these names. */
const withoutKept = (secrets: readonly SecretMatch[], kept: readonly string[]): SecretMatch[] =>
  secrets.filter(({ name, isRandom }) => !(isRandom && kept.some(one => wordsOf(one) === wordsOf(name))))

/** Words of a written file that look random, shortened. */
const randomWords = (text: string): string[] =>
  [...text.matchAll(/[\w~+-]{16,}/g)]
    .flatMap(([word]) => (looksRandom(word) ? [word] : []))
    .map(word => (word.length > SHOWN ? `${word.slice(0, SHOWN)}…` : word))
