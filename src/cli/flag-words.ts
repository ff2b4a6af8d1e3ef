import { type Finding, failure, faultOf } from '../ground/fault.ts'
import type { OptionFault } from '../ground/fields.ts'
import { keyOf, shapeFlags } from './shape-flags.ts'

/*
 * Faults of options are reported in the words of code: `load.rps`, `Remove rampUp`. On the command line they are
 * translated to flags: `--rps`, `Remove --ramp-up`.
 */
/** Keys of `load` that have a flag, by their flag: `rampUp` of `--ramp-up`. */
const KEYS = new Map(Object.keys(shapeFlags).map(flag => [keyOf(flag), `--${flag}`]))

/** Options next to `load` that have a flag. */
const OTHERS = new Map([
  ['servers', '--server'],
  ['target', '--target'],
  ['targets', '--target'],
  ['metrics', '--metrics-port'],
  ['agents.nats', '--agents'],
  ['inputs.rows', '--inputs-csv'],
])
/** Words that are keys wherever they stand; `rate` and `duration` are words of English as well. */
const KEY_ONLY = [...KEYS.keys()].filter(key => /[A-Z]|^(rps|vus)$/.test(key))
const ANYWHERE = new RegExp(String.raw`(?<![-\w]|\d )(${KEY_ONLY.join('|')})(?!\w)`, 'g')
const WORDS = [...KEYS.keys()].join('|')
const COMMANDED = new RegExp(
  String.raw`(?<=\b(?:Add|Give|Remove|Write|remove|or|of)\b |, )(?:a )?(${WORDS})(?= \(|,|\.| or\b|$)`,
  'g',
)

/** Text in the words of flags. */
function inWords(text: string): string {
  return text
    .replace(COMMANDED, (_, key: string) => KEYS.get(key)!)
    .replace(ANYWHERE, (key: string) => KEYS.get(key)!)
    .replace(/add allowHosts: \['([^']*)'\]/, 'add --allow-host $1')
    .replace(/ or stages\./, '.')
}

/** Keys of budgets are called what they are: `rps` of `Known keys are rps, …` is no flag. */
const adviceInWords = (advice: string) =>
  advice
    .split(/(?=Known keys are )/)
    .map(part => (part.startsWith('Known keys are ') ? part : inWords(part)))
    .join('')
const wrongInWords = ({ found, advice }: Finding): Finding => ({
  found: inWords(found.replace(/^(rate|iterations|duration)(?= is given)/, key => KEYS.get(key)!)),
  advice: advice && adviceInWords(advice),
})

/** A fault in options, as who wrote flags reads it. */
export function faultInFlags(fault: OptionFault): OptionFault {
  const { path, thing } = fault
  const [, group, key = ''] = /^\/(load|budgets)(?:\/([^/]+))?/.exec(path) ?? []
  const flag =
    group === 'load'
      ? (KEYS.get(key) ?? 'the load')
      : group === 'budgets'
        ? thing.replace(/^budget /, '--budget ')
        : (OTHERS.get(thing) ?? thing.replace(/^targets?\./, '--target '))
  return { ...fault, thing: flag, ...wrongInWords(fault) }
}

/** Runs an action and translates its errors to flags. */
export async function inFlags<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const fault = faultOf(error)
    if (fault === undefined) throw error
    const { found, advice } = wrongInWords(fault)
    throw failure(fault.verb, fault.thing, found, advice, { cause: error })
  }
}
