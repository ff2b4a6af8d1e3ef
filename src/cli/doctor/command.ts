import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shortPath } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import { plainJson } from '../../ground/plain.ts'
import { builtFile } from '../../load/run/worker-file.ts'
import { type Diagnosis, diagnosisText, type WantedOption } from '../../report/diagnosis.ts'
import { writeWhole } from '../../report/whole.ts'
import { type Command, FAILED, PASSED } from '../command.ts'
import { documentsBelow, documentsOf } from '../documents.ts'
import { type Flags, Misuse } from '../flags.ts'
import { writeNew } from '../init/files.ts'
import { configName } from '../init/project.ts'
import { isAttended } from '../init/questions.ts'
import { newConfiguration, optionLines, withOptions } from './lines.ts'

/** What the module that knows Vitest takes: see `DiagnosisRequest` there. */
interface Request {
  root: string
  config?: string
  files: readonly string[]
  below: readonly string[]
  isOffline: boolean
}

type Diagnose = (request: Request) => Promise<Diagnosis>

export const doctor: Command = {
  usage: 'doctor [files or folders] [flags]',
  text: 'say why documents do not run here, and what to do; without files, of all that Vitest runs',
  flags: {
    root: { value: 'folder', text: "where Vitest is run (default: here); Vitest's flag of that name" },
    config: { value: 'file', text: "the configuration to read; Vitest's flag of that name" },
    offline: { text: 'start no application, and ask no server what it serves' },
    write: { text: 'write what is safe into the configuration, without being asked' },
    yes: { text: 'ask nothing, also in a terminal' },
    format: { value: 'text|json', text: 'text (the default), or JSON' },
  },
  examples: ['doctor', 'doctor pets.arazzo.yaml --offline'],
  async run(flags) {
    const format = flags.word('format', ['text', 'json']) ?? 'text'
    const request = requestOf(flags)
    const diagnose = await loadDiagnose()
    const first = await diagnose(request)
    if (first.documents.length === 0) {
      const found = `there is no *.arazzo.yaml, .yml or .json below ${shortPath(request.root)}`
      throw new Misuse(failed('find', 'documents', found, 'Name a file, or write one: npx vitest-arazzo init.'))
    }
    if (format === 'json') {
      console.log(plainJson(first))
      return codeOf(first)
    }
    console.log(diagnosisText(first))
    const wanted = first.hindrances.flatMap(({ option }) => option ?? [])
    if (wanted.length === 0) return codeOf(first)
    const last = await mend(first, wanted, request, flags, diagnose)
    return codeOf(last)
  },
}

const codeOf = ({ hindrances }: Diagnosis) =>
  hindrances.some(({ severity }) => severity === 'error') ? FAILED : PASSED

function requestOf(flags: Flags): Request {
  const root = resolve(flags.text('root') ?? '.')
  const config = flags.text('config')
  return given<Request>({
    root,
    config: config && resolve(config),
    files: flags.operands.length > 0 ? documentsOf(flags.operands).map(file => resolve(file)) : [],
    below: documentsBelow(root),
    isOffline: flags.isOn('offline'),
  })
}

/** What knows Vitest is a module of the plugin, which is taken by its path: nothing else here needs Vitest. */
async function loadDiagnose(): Promise<Diagnose> {
  const file = builtFile('doctor.js', { verb: 'look at', thing: 'the configuration' }, import.meta.url)
  return ((await import(pathToFileURL(file).href)) as { diagnose: Diagnose }).diagnose
}

/** Writes what is safe where somebody wants that, and prints what is left to put in. */
async function mend(
  first: Diagnosis,
  wanted: readonly WantedOption[],
  request: Request,
  flags: Flags,
  diagnose: Diagnose,
): Promise<Diagnosis> {
  const attended = isAttended(flags) && !flags.isOn('write')
  const answered = attended ? await askFor(wanted) : wanted
  const known = answered.filter(({ isKnown }) => isKnown)
  const file = first.configFile ?? join(request.root, configName(request.root))
  const isWanted = known.length > 0 && (flags.isOn('write') || (attended && (await offer(file, known))))
  const after = isWanted ? await written(file, first, known, request.root, () => diagnose(request)) : undefined
  if (after === undefined) {
    console.log(`\n${linesToPut(first, file, answered)}`)
    return first
  }
  console.log(`\nwrote ${shortPath(file)}\n\n${diagnosisText(after)}`)
  const left = after.hindrances.flatMap(({ option }) => option ?? [])
  if (left.length > 0) console.log(`\n${linesToPut(after, file, left)}`)
  return after
}

function linesToPut({ configFile, hasPlugin }: Diagnosis, file: string, options: readonly WantedOption[]): string {
  const inner = (lines: readonly string[]) => lines.map(line => `  ${line}`).join('\n')
  if (configFile === undefined) return `Write ${shortPath(file)}:\n\n${newConfiguration(options)}`
  if (hasPlugin) return `Put into arazzo({ … }) of ${shortPath(file)}:\n\n${inner(optionLines(options))}`
  const lines = newConfiguration(options).trimEnd().split('\n')
  return `Put what is missing of this into ${shortPath(file)}:\n\n${inner(lines)}`
}

/** Options whose values somebody at the terminal has said; those that stay unknown are as they were. */
async function askFor(wanted: readonly WantedOption[]): Promise<WantedOption[]> {
  const { askText } = await import('../ask.ts')
  const answers = new Map<string, string | undefined>()
  for (const { question, code } of wanted)
    if (question !== undefined && !answers.has(question))
      answers.set(question, await askText(question, code.replaceAll("'", '')))
  return wanted.map(option => {
    const answer = option.question === undefined ? undefined : answers.get(option.question)
    const isText = answer !== undefined && /^[^'\\\n]+$/.test(answer)
    return isText ? { ...option, code: `'${answer}'`, isKnown: true } : option
  })
}

async function offer(file: string, options: readonly WantedOption[]): Promise<boolean> {
  const { askWhether } = await import('../ask.ts')
  const lines = optionLines(options)
  const what = lines.length === 0 ? 'arazzo()' : lines.join(' ')
  return askWhether(`Write ${what} into ${shortPath(file)}?`)
}

/**
 * The diagnosis after the options were written. Undefined, and the configuration as it was, where they cannot be put in
 * safely or it is not read any more.
 */
async function written(
  file: string,
  { configFile }: Diagnosis,
  options: readonly WantedOption[],
  root: string,
  again: () => Promise<Diagnosis>,
): Promise<Diagnosis | undefined> {
  if (configFile === undefined) {
    writeNew(dirname(file), { [configName(dirname(file))]: newConfiguration(options) })
    return again()
  }
  const before = readFileSync(file, 'utf8')
  // One that lies above the root is that of other packages, too.
  const isOwn = !relative(root, file).startsWith('..')
  const text = isOwn ? withOptions(before, options) : undefined
  if (text === undefined) return undefined
  write(file, text)
  const after = await again().catch(() => undefined)
  if (after?.hasPlugin === true) return after
  write(file, before)
  return undefined
}

/** Throws Misuse where that cannot be. */
function write(file: string, text: string): void {
  try {
    writeWhole(file, text)
  } catch (error) {
    throw new Misuse(failed('write', shortPath(file), (error as Error).message, 'Make it writable.'))
  }
}
