import { readFileSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { distance } from 'fastest-levenshtein'
import { plainColumns, plainLines } from './plain.ts'

/** A place in a file. `line` and `column` count from 1; columns are UTF-16 units, as editors count them. */
export interface Location {
  file: string
  line: number
  column: number
}

/** What kind of fault a problem is. The list is closed, so that `severities` can name each of them. */
export type ProblemCode =
  // The file itself
  | 'unreadable-file'
  | 'invalid-yaml'
  | 'unresolved-tag'
  | 'imprecise-number'
  // Its shape
  | 'unsupported-version'
  | 'missing-field'
  | 'unknown-field'
  | 'newer-field'
  | 'wrong-type'
  | 'invalid-value'
  | 'invalid-name'
  | 'exclusive-fields'
  | 'irrelevant-field'
  | 'unknown-extension'
  | 'missing-context'
  | 'missing-in'
  | 'duplicate-id'
  | 'duplicate-parameter'
  | 'duplicate-action'
  // What it refers to
  | 'unmapped-url'
  | 'invalid-source'
  | 'invalid-openapi'
  | 'unresolved-reference'
  | 'undefined-source'
  | 'undefined-workflow'
  | 'undefined-step'
  | 'undefined-output'
  | 'undefined-input'
  | 'undefined-component'
  | 'undefined-operation'
  | 'ambiguous-operation'
  | 'operation-form'
  | 'channels-not-connected'
  | 'unknown-parameter'
  | 'missing-parameter'
  // Expressions and the order of steps
  | 'invalid-expression'
  | 'expression-form'
  | 'unavailable-value'
  | 'forward-reference'
  | 'unreachable-step'
  | 'cyclic-depends-on'
  | 'unmet-depends-on'
  // Found when a run is prepared
  | 'missing-input'
  | 'invalid-input'
  | 'no-server'
  | 'invalid-budget'
  | 'invalid-load-test'
  | 'invalid-suite'

/** A fault in a file, collected with its position. */
export interface Problem {
  code: ProblemCode
  severity: 'error' | 'warning'
  /** `Failed to <verb> <thing>: <what was found>.` */
  message: string
  at: Location
  /** What to do. */
  hint?: string
}

/** The document, or what was asked of it, is at fault; nothing was run. The message lists every problem. */
export class ArazzoError extends Error {
  override readonly name = 'ArazzoError'
  readonly problems: Problem[]

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(describeProblems(problems), options)
    this.problems = [...problems]
  }
}

/** The one voice: `Failed to <verb> <thing>: <what was found>. <What to do.>` */
export function failed(verb: string, thing: string, found: string, advice?: string): string {
  const sentence = `Failed to ${verb} ${thing}: ${found.replace(/\.$/, '')}.`
  return plainLines(advice ? `${sentence} ${advice}` : sentence)
}

/** All problems as text, each with its place, hint and code frame. */
export function describeProblems(problems: readonly Problem[]): string {
  const texts = new Map<string, string | undefined>()
  const described = problems.map(problem => {
    const { file } = problem.at
    if (!texts.has(file)) texts.set(file, textOf(file))
    return describeProblem(problem, texts.get(file))
  })
  return described.length === 1 ? described[0]! : [`${described.length} problems`, ...described].join('\n\n')
}

/** `shop.arazzo.yaml:3:9: Failed to …`, and the lines around when the file's text is given. */
function describeProblem(problem: Problem, text?: string): string {
  const { severity, message, hint, at } = problem
  const place = `${shortPath(at.file)}:${at.line}:${at.column}`
  const sentence = `${place}: ${severity === 'warning' ? 'Warning: ' : ''}${hint ? `${message} ${hint}` : message}`
  const shown = plainLines(sentence)
  return text ? `${shown}\n${codeFrame(text, at)}` : shown
}

/**
 * The lines around a place, numbered, with a caret below it. `context` lines before and after (default 2);
 * lines longer than `width` (default 100 characters) are cut to what is around the caret.
 */
export function codeFrame(
  text: string,
  location: { line: number; column: number },
  { context = 2, width = 100 }: { context?: number; width?: number } = {},
): string {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const last = Math.min(lines.length, location.line + context)
  const gutter = String(last).length
  const long = (lines[location.line - 1]?.length ?? 0) > width
  const cut = long ? Math.max(0, location.column - 1 - Math.floor(width / 2)) : 0
  const frame: string[] = []
  for (let number = Math.max(1, location.line - context); number <= last; number++) {
    const here = number === location.line
    const line = lines[number - 1]!
    const shown = trim(plainColumns(line), here ? cut : 0, width)
    frame.push(`${here ? '>' : ' '} ${String(number).padStart(gutter)} | ${shown.text}`.trimEnd())
    if (!here) continue
    const before = shown.text.slice(0, location.column - 1 - shown.from + shown.lead)
    frame.push(`  ${' '.repeat(gutter)} | ${before.replaceAll(/[^\t]/g, ' ')}^`)
  }
  return frame.join('\n')
}

/** `from` is the first column shown, `lead` how many characters stand before it. */
function trim(line: string, from: number, width: number): { text: string; from: number; lead: number } {
  const lead = from > 0 ? '…' : ''
  const rest = line.slice(from)
  return { text: lead + (rest.length > width ? `${rest.slice(0, width)}…` : rest), from, lead: lead.length }
}

/**
 * The candidate that was probably meant, if one is near: the same but for case, separators or a plural,
 * else the fewest edits, at most a third of the name and fewer than half of the longer one.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    if (candidate === name) continue
    const edits = editsBetween(name, candidate)
    if (edits >= Math.max(name.length, candidate.length) / 2) continue
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits]
  }
  return bestDistance <= Math.max(1, Math.floor(name.length / 3)) ? best : undefined
}

function editsBetween(name: string, candidate: string): number {
  if (name.toLowerCase() === candidate.toLowerCase()) return 0.2
  if (bare(name) === bare(candidate)) return 0.5
  const edits = distance(name.toLowerCase(), candidate.toLowerCase())
  return edits === 2 && isTransposed(name.toLowerCase(), candidate.toLowerCase()) ? 1 : edits
}

/** Two neighbouring letters have changed places: one slip of the fingers (Damerau 1964). */
function isTransposed(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

const bare = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[-_. ]/g, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '')

/** Relative to the working directory where the file is below it. */
export function shortPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
