import { isAbsolute, relative } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { asUserError } from './fault.ts'
import { plainColumns, plainLines } from './plain.ts'
import { readNamed } from './reach.ts'
import { tried } from './tried.ts'

/** A place in a file. `line` and `column` count from 1; columns are UTF-16 units, as editors count them. */
export interface Location {
  file: string
  line: number
  column: number
}

/** Kinds of problems. The list is closed, so that `severities` can name each kind. */
export const PROBLEM_CODES = [
  // The file itself
  'unreadable-file',
  'invalid-yaml',
  'unresolved-tag',
  'imprecise-number',
  // Its shape
  'unsupported-version',
  'missing-field',
  'unknown-field',
  'newer-field',
  'wrong-type',
  'invalid-value',
  'invalid-name',
  'exclusive-fields',
  'irrelevant-field',
  'missing-context',
  'missing-in',
  'duplicate-id',
  'duplicate-parameter',
  'duplicate-action',
  // References
  'unmapped-url',
  'invalid-source',
  'invalid-openapi',
  'unresolved-reference',
  'undefined-source',
  'undefined-workflow',
  'undefined-step',
  'undefined-output',
  'undefined-input',
  'undefined-component',
  'undefined-operation',
  'ambiguous-operation',
  'operation-form',
  'channels-not-connected',
  'unknown-parameter',
  'missing-parameter',
  // Expressions and the order of steps
  'invalid-expression',
  'expression-form',
  'unavailable-value',
  'forward-reference',
  'unreachable-step',
  'cyclic-depends-on',
  'unmet-depends-on',
  'parallel-steps',
  // Found when a run is prepared
  'missing-input',
  'invalid-input',
  'no-server',
  'invalid-budget',
  'invalid-load-test',
  'unknown-extension',
  'invalid-suite',
] as const

export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** A fault in a file, collected with its position. */
export interface Problem {
  code: ProblemCode
  severity: 'error' | 'warning'
  /** `Failed to <verb> <thing>: <what was found>.` */
  message: string
  at: Location
  /** Advice. */
  hint?: string
}

/** The document or its options are at fault, and nothing was run. The message lists every problem. */
export class ArazzoError extends Error {
  override readonly name = 'ArazzoError'
  readonly problems: Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(describeProblems(problems), options)
    this.problems = [...problems]
    asUserError(this)
  }
}

/** Problems that prevent a document from running. */
export const errorsAmong = (problems: readonly Problem[]): Problem[] =>
  problems.filter(({ severity }) => severity === 'error')

/** Maximum number of problems with lines of the file. Further ones are counted. */
const MOST_DESCRIBED = 200

/** Problems as text, each with its place, hint and code frame; of more than 200 the first errors, else warnings. */
export function describeProblems(problems: readonly Problem[]): string {
  const described = describeEach(firstOf(problems))
  if (problems.length === 1) return described[0]!
  const left = problems.length - described.length
  return [
    `${problems.length} problems`,
    ...described,
    ...(left > 0 ? [`and ${left} more problems, not shown`] : []),
  ].join('\n\n')
}

/** Each problem as text, with its place, hint and code frame. */
export function describeEach(problems: readonly Omit<Problem, 'code'>[]): string[] {
  const lines = new Map<string, readonly string[] | undefined>()
  return problems.map(problem => {
    const { file } = problem.at
    if (!lines.has(file)) lines.set(file, linesOf(file))
    return describeProblem(problem, lines.get(file))
  })
}

function firstOf(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MOST_DESCRIBED) return problems
  const shown = new Set([...errorsAmong(problems), ...problems].slice(0, MOST_DESCRIBED))
  return problems.filter(problem => shown.has(problem))
}

/** `shop.arazzo.yaml:3:9: Failed to …`, and the lines around when the file's are given. */
function describeProblem(problem: Omit<Problem, 'code'>, lines?: readonly string[]): string {
  const { severity, message, hint, at } = problem
  const place = `${shortPath(at.file)}:${at.line}:${at.column}`
  const sentence = `${place}: ${severity === 'warning' ? 'Warning: ' : ''}${hint ? `${message} ${hint}` : message}`
  const shown = plainLines(sentence)
  return lines ? `${shown}\n${frameOf(lines, at)}` : shown
}

/** Lines before and after a place that a frame shows. */
const AROUND = 2
/** Longer lines are cut to what is around the caret. */
const WIDEST = 100

const splitLines = (text: string) => text.replace(/^\uFEFF/, '').split(/\r?\n/)

/** The lines around a place in a file; undefined if it cannot be read. */
export function codeFrame(location: Location): string | undefined {
  const lines = linesOf(location.file)
  return lines && frameOf(lines, location)
}

/** The lines around a place, numbered, with a caret below it. */
function frameOf(lines: readonly string[], location: Location): string {
  const last = Math.min(lines.length, location.line + AROUND)
  const gutter = String(last).length
  const long = (lines[location.line - 1]?.length ?? 0) > WIDEST
  const cut = long ? Math.max(0, location.column - 1 - WIDEST / 2) : 0
  const frame: string[] = []
  for (let number = Math.max(1, location.line - AROUND); number <= last; number++) {
    const here = number === location.line
    const line = lines[number - 1]!
    const shown = trim(plainColumns(line), here ? cut : 0)
    frame.push(`${here ? '>' : ' '} ${String(number).padStart(gutter)} | ${shown.text}`.trimEnd())
    if (!here) continue
    const before = shown.text.slice(0, location.column - 1 - shown.from + shown.lead)
    frame.push(`  ${' '.repeat(gutter)} | ${before.replaceAll(/[^\t]/g, ' ')}^`)
  }
  return frame.join('\n')
}

/** `from` is the first column shown, `lead` how many characters stand before it. */
function trim(line: string, from: number): { text: string; from: number; lead: number } {
  const lead = from > 0 ? '…' : ''
  const rest = line.slice(from)
  return { text: lead + (rest.length > WIDEST ? `${rest.slice(0, WIDEST)}…` : rest), from, lead: lead.length }
}

/**
 * The candidate that was probably meant, if one is near: the same but for case, separators or a plural,
 * else the fewest edits, at most a third of the name and fewer than half of the longer one.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3))
  const wanted = formsOf(name)
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  let looked = 0
  for (const candidate of candidates) {
    if (looked++ === MOST_CANDIDATES) break
    if (candidate === name) continue
    const edits = editsBetween(wanted, formsOf(candidate), Math.min(most, bestDistance))
    if (edits >= Math.max(name.length, candidate.length) / 2) continue
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits]
  }
  return bestDistance <= most ? best : undefined
}

/** `Did you mean "name"?` of the candidate that was probably meant; undefined where none is near. */
export function suggestion(name: string, candidates: Iterable<string>): string | undefined {
  const meant = didYouMean(name, candidates)
  return meant === undefined ? undefined : `Did you mean "${meant}"?`
}

/** Beyond these nothing is compared, so that 10,000 wrong names among 10,000 do not take minutes. */
const MOST_CANDIDATES = 2_000

interface Forms {
  readonly lower: string
  /** Form without case, separators and plural. */
  readonly bare: string
}

const forms = new Map<string, Forms>()

/** Remembered, as many names are compared with the same candidates. */
function formsOf(name: string): Forms {
  const known = forms.get(name)
  if (known) return known
  const lower = name.toLowerCase()
  const bare = lower
    .replaceAll(/[-_. ]/g, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '')
  if (forms.size >= 2 * MOST_CANDIDATES) forms.clear()
  forms.set(name, { lower, bare })
  return { lower, bare }
}

/** More than `most` where it is more. Names differ by at least as many edits as their lengths do. */
function editsBetween(a: Forms, b: Forms, most: number): number {
  if (a.lower === b.lower) return 0.2
  if (a.bare === b.bare) return 0.5
  if (Math.abs(a.lower.length - b.lower.length) > most) return Number.POSITIVE_INFINITY
  const edits = distance(a.lower, b.lower)
  return edits === 2 && isTransposed(a.lower, b.lower) ? 1 : edits
}

/** Two neighbouring letters have changed places: one slip of the fingers (Damerau 1964). */
function isTransposed(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

/** Relative to the working directory where the file is below it. */
export function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short
}

function linesOf(file: string): readonly string[] | undefined {
  const text = tried(() => readNamed(file).toString())
  return text ? splitLines(text) : undefined
}
