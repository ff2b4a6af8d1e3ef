import { type ParseArgsConfig, parseArgs } from 'node:util'
import { didYouMean } from '../ground/errors.ts'
import { asUserError, failed } from '../ground/fault.ts'
import { own } from '../ground/object.ts'
import { removedOption } from '../ground/removed-names.ts'
import { keyOf } from './shape-flags.ts'

/** A flag of a command, for reading and for the help text. */
interface Flag {
  /** Name of its value in the help text; a flag without a value is on or off. */
  value?: string
  text: string
  /** Whether it may be given more than once. */
  isList?: boolean
  /** Whether what follows its value belongs to it too, up to the next flag: `--base a.json b.json`. */
  takesRest?: boolean
}

/** The flag of commands that write a configuration which starts the application. */
export const startFlag: Flag = {
  value: "'npm start'",
  text: 'what starts the application; it listens at the port in PORT',
}

/** Help text of the flag `--verbose` for commands that show load. */
export const VERBOSE = 'show all there is, not only what there is room for'

export type FlagTable = Readonly<Record<string, Flag>>

/** Given values: text, a list of texts, or true. */
export class Flags {
  readonly #values: Readonly<Record<string, unknown>>
  readonly operands: readonly string[]

  constructor(values: Readonly<Record<string, unknown>>, operands: readonly string[]) {
    this.#values = values
    this.operands = operands
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined
  }

  list(name: string): string[] {
    return (this.#values[name] as string[] | undefined) ?? []
  }

  isOn(name: string): boolean {
    return this.#values[name] === true
  }

  /** A whole number from 1. */
  number(name: string): number | undefined {
    const written = this.text(name)
    return written === undefined ? undefined : wholeNumber(name, written)
  }

  /** A port, or 0 for a free one. */
  port(name: string): number | undefined {
    const written = this.text(name)
    if (written === undefined) return undefined
    if (/^\d+$/.test(written) && Number(written) < 65_536) return Number(written)
    throw misuse('read', `--${name}`, `it is "${written}"`, 'Write a port, or 0 for a free one.')
  }

  /** One of a few words. */
  word<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const written = this.text(name)
    const choice = choices.find(one => one === written)
    if (choice !== undefined || written === undefined) return choice
    throw misuse('read', `--${name}`, `it is "${written}"`, `Write ${choices.join(' or ')}.`)
  }

  /** The one operand; `example` is how it may be written. */
  operand(thing: string, example?: string): string {
    const [operand, ...others] = this.operands
    if (operand !== undefined && others.length === 0) return operand
    const found = operand === undefined ? 'none is named' : `${this.operands.length} are named`
    throw misuse('choose', thing, found, example === undefined ? 'Name one.' : `Name one: ${example}.`)
  }
}

/** The command line cannot be executed as written. */
export class Misuse extends Error {
  override readonly name = 'Misuse'

  constructor(message: string) {
    super(message)
    asUserError(this)
  }
}

export const misuse = (...said: Parameters<typeof failed>): Misuse => new Misuse(failed(...said))

/** Reads flags and operands. Throws Misuse with all that is wrong at once. */
export function readFlags(args: readonly string[], table: FlagTable, command = ''): Flags {
  const options: ParseArgsConfig['options'] = {}
  for (const [name, { value, isList }] of Object.entries(table))
    options[name] = { type: value === undefined ? 'boolean' : 'string', ...(isList && { multiple: true }) }
  options.help = { type: 'boolean', short: 'h' }
  const { values, tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const faults: string[] = []
  const given = new Set<string>()
  const operands: string[] = []
  /** Takes what is not a flag. */
  let taker = operands
  for (const token of tokens) {
    if (token.kind === 'positional') taker.push(token.value)
    if (token.kind === 'option-terminator') taker = operands
    if (token.kind !== 'option') continue
    taker = table[token.name]?.takesRest ? ((values[token.name] ?? []) as string[]) : operands
    const flag = table[token.name]
    if (flag === undefined && token.name !== 'help')
      faults.push(unknownFlag(token.rawName, table, own(REMOVED, command) ?? {}))
    else if (flag?.value !== undefined && token.value === undefined)
      faults.push(failed('read', token.rawName, 'it has no value', `Write ${token.rawName} ${flag.value}.`))
    else if (flag !== undefined && flag.value === undefined && token.value !== undefined)
      faults.push(failed('read', token.rawName, 'it takes no value', `Write ${token.rawName} alone.`))
    else if (given.has(token.name) && !flag?.isList)
      faults.push(failed('read', token.rawName, 'it is given twice', 'Write it once.'))
    given.add(token.name)
  }
  if (faults.length > 0) throw new Misuse(faults.join('\n'))
  return new Flags(values, operands)
}

type Advice = Readonly<Record<string, string>>

const inConfiguration = (option: string) => `Write \`${option}\` in arazzo() of vitest.config.`
const inDocument = (field: string) => `Write \`${field}\` in x-load-test of the document.`
const renaming = (file: string) => `Files are called as the ${file} is: rename it.`
/** Advice for each of these flags, or for an option of its name that there is no more either. */
const each = (flags: string, advice: (key: string) => string): Advice =>
  Object.fromEntries(flags.split(' ').map(flag => [flag, removedOption(keyOf(flag)) ?? advice(keyOf(flag))]))

const OF_RUNS = {
  ...each('channels follow-redirects traceparent protocol ca request-timeout', inConfiguration),
  ...each('files max-visits', key => removedOption(key)!),
  'max-retry-after': 'Use timeout of the step.',
}

/** Advice for flags that there were, by their command. */
export const REMOVED: Readonly<Record<string, Advice>> = {
  run: OF_RUNS,
  load: {
    ...OF_RUNS,
    ...each('arrivals think-time pacing graceful-stop seed ramp-down max-vus', inDocument),
    transport: inConfiguration('transport'),
    'agents-count': inConfiguration('agents: { count }'),
    'agents-wait': inConfiguration('agents: { timeout }'),
    'agents-ca': inConfiguration('ca'),
    'inputs-json': 'Use --inputs-csv, or write `inputs: { rows }` in x-vitest of the document.',
    markdown: 'Use --output, and then results show --markdown.',
    metrics: 'Use --metrics-port, or run the load test in Vitest: metrics.prom is among its files.',
  },
  init: { name: renaming('OpenAPI file') },
  import: { name: renaming('recording') },
  doctor: { format: 'Leave it out: the findings are text.', root: 'Run it in that folder.' },
  types: { given: inConfiguration('inputs'), source: inConfiguration('sources') },
  calibrate: { project: 'Name a test file that only this project has.' },
  agent: { weight: 'Use --threads: a part of a load is by threads.' },
  'results show': { 'no-merge': 'Show one result at a time.' },
}

function unknownFlag(written: string, table: FlagTable, removed: Advice): string {
  const name = written.replace(/^-+/, '')
  const names = [...Object.keys(table), 'help']
  const meant = didYouMean(name, names)
  const guess = meant === undefined ? 'Use --help to see those that there are.' : `Did you mean --${meant}?`
  return failed('read', written, 'there is no such flag', own(removed, name) ?? guess)
}

/** `name=value` taken apart; a text without `=` is refused. */
export function pair(flag: string, written: string): [name: string, value: string] {
  const at = written.indexOf('=')
  if (at > 0) return [written.slice(0, at), written.slice(at + 1)]
  throw misuse('read', `--${flag}`, `"${written}" has no name`, `Write --${flag} name=value.`)
}

export function wholeNumber(flag: string, written: string): number {
  if (/^[1-9]\d*$/.test(written)) return Number(written)
  throw misuse('read', `--${flag}`, `it is "${written}"`, 'Write a whole number from 1.')
}

/** Exit codes. */
export const PASSED = 0
export const FAILED = 1
/** The command line, or a file that it names, is at fault, and nothing was run. */
export const MISUSED = 2
export const INCONCLUSIVE = 3

/** A word after `vitest-arazzo`. */
export interface Command {
  /** `run <file#workflow>` */
  usage: string
  text: string
  flags: FlagTable
  /** Flags in groups, if there are many. */
  groups?: Readonly<Record<string, FlagTable>>
  /** How it may be called, without the name of the program. */
  examples?: readonly string[]
  /** Resolves with the exit code. */
  run(flags: Flags): Promise<number>
}
