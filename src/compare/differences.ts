import { quoted } from '../ground/words.ts'
import type { Difference } from './comparison.ts'

/** Traits of a launch that are not in its code, as far as they can be seen. Plain data. */
export interface Traits {
  /** `v22.11.0`. */
  node?: string
  /** Flags of Node.js on the command line. */
  flags?: readonly string[]
  /** Names of the variables in its environment. */
  variables?: readonly string[]
  /** Lock files and files that say how to build, by name: a short hash of their contents. */
  files: Readonly<Record<string, string>>
  /** Scripts of package.json. */
  scripts: Readonly<Record<string, string>>
}

const NONE = 'none'

/** Traits that base and head do not have alike. A trait that is not known of a side is not compared. */
export function differencesBetween(base: Traits | undefined, head: Traits | undefined): Difference[] {
  if (base === undefined || head === undefined) return []
  const known = (what: string, of: (traits: Traits) => string | undefined) => {
    const [one, other] = [of(base), of(head)]
    return one === undefined || other === undefined ? [] : unlike(what, one, other)
  }
  const alone = (own: Traits, { variables = [] }: Traits) => own.variables?.filter(name => !variables.includes(name))
  const areKnown = base.variables !== undefined && head.variables !== undefined
  const names = [alone(base, head), alone(head, base)].map(list => list?.join(', ') || NONE)
  return [
    ...known('Node.js', ({ node }) => node),
    ...known('flags of Node.js', ({ flags }) => flags && (flags.join(' ') || NONE)),
    ...(areKnown ? unlike('variables of one side only', names[0]!, names[1]!) : []),
    ...unlikeIn(base.files, head.files, name => name),
    ...unlikeIn(base.scripts, head.scripts, name => `script ${quoted([name])}`),
  ]
}

function unlikeIn(
  base: Readonly<Record<string, string>>,
  head: Readonly<Record<string, string>>,
  nameOf: (key: string) => string,
): Difference[] {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(head)])].sort()
  return keys.flatMap(key => unlike(nameOf(key), base[key] ?? NONE, head[key] ?? NONE))
}

const unlike = (what: string, base: string, head: string): Difference[] => (base === head ? [] : [{ what, base, head }])
