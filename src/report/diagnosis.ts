import { describeEach, type Location, shortPath } from '../ground/errors.ts'
import { plain, plainLines } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'

/** Why documents do not run here, as far as that can be found out without running them. */
export interface Diagnosis {
  /** Version of Node.js. */
  node: string
  /** Version of the project's Vitest; absent where there is none. */
  vitest?: string
  /** The configuration that Vitest reads. */
  configFile?: string
  /** Whether a project of it has the plugin. */
  hasPlugin: boolean
  /** The documents that were looked at. */
  documents: readonly string[]
  hindrances: readonly Hindrance[]
  /** The servers that were asked which operations they serve. */
  asked: readonly AskedServer[]
}

/** Something that stands in the way of a run, or may. */
export interface Hindrance {
  /** An error stands in the way; a warning only may. */
  severity: 'error' | 'warning'
  /** `Failed to <verb> <thing>: <what was found>.` */
  message: string
  /** What to do. */
  hint?: string
  at?: Location
  /** What of the plugin's options would mend it. */
  option?: WantedOption
}

/** A value that the options of `arazzo()` lack: `['security', 'pets', 'apiKey']` and its code. */
export interface WantedOption {
  path: readonly string[]
  /** The value as it stands in the code of a configuration. Of a question, what is written unless it is answered. */
  code: string
  /** Whether it can be written without knowing more than the documents say. */
  isKnown: boolean
  /** What has to be asked before it can be written; the response is the text that stands there. */
  question?: string
}

export interface AskedServer {
  origin: string
  /** The command by which it was started for this, and stopped afterwards. */
  command?: string
  /** Operations that were asked for. */
  operations: number
  /** Operations of which nobody can tell without a request that may change something: `POST /pets`. */
  untold: readonly string[]
}

/** A diagnosis for a terminal: what was looked at, what stands in the way, and how much of it. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { documents, hindrances, asked } = diagnosis
  const errors = hindrances.filter(({ severity }) => severity === 'error')
  const warnings = hindrances.filter(({ severity }) => severity === 'warning')
  const verdict = errors.length === 0 ? 'Nothing stands in the way' : `${things(errors.length)} in the way`
  return [
    headOf(diagnosis),
    [counted(documents.length, 'document'), ...asked.map(askedText)].join('\n'),
    ...describeHindrances([...errors, ...warnings]),
    `${verdict}${warnings.length > 0 ? `, ${counted(warnings.length, 'warning')}` : ''}.`,
  ].join('\n\n')
}

const things = (count: number) => (count === 1 ? '1 thing stands' : `${count} things stand`)

function headOf({ node, vitest, configFile, hasPlugin }: Diagnosis): string {
  const plugin = hasPlugin ? 'with the plugin' : 'without the plugin'
  return [
    `Node.js ${node}`,
    vitest === undefined ? 'no Vitest' : `Vitest ${vitest}`,
    configFile === undefined ? 'no configuration' : `${shortPath(configFile)} ${plugin}`,
  ].join(', ')
}

/** More are counted. */
const MOST_UNTOLD = 5

function askedText({ origin, command, operations, untold }: AskedServer): string {
  const by = command === undefined ? '' : ` (started by \`${plain(command)}\`, and stopped)`
  const served = `${plain(origin)}${by} was asked for ${counted(operations, 'operation')}`
  if (untold.length === 0) return served
  const more = untold.length > MOST_UNTOLD ? ` and ${untold.length - MOST_UNTOLD} more` : ''
  const names = untold.slice(0, MOST_UNTOLD).map(plain).join(', ')
  return `${served}; only a run can tell of ${names}${more}`
}

function describeHindrances(hindrances: readonly Hindrance[]): string[] {
  return hindrances.flatMap(hindrance => {
    const { severity, message, hint, at } = hindrance
    if (at !== undefined) return describeEach([{ ...hindrance, at }])
    const prefix = severity === 'warning' ? 'Warning: ' : ''
    return plainLines(`${prefix}${message}${hint === undefined ? '' : ` ${hint}`}`)
  })
}
