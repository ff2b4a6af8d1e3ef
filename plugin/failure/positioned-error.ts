import { basename } from 'node:path'
import { type Location, type Problem, shortPath } from '../../src/ground/errors.ts'
import { plain, plainAll, plainLines } from '../../src/ground/plain.ts'
import { stackOf } from '../../src/ground/stack.ts'

/** Line of a stack: a text (`''` for none) and its place, or a line from another stack. */
export type Frame = { what: string; at: Location } | string

interface Diff {
  actual: unknown
  expected: unknown
}

/**
 * An error whose stack leads into documents. Vitest prints the stack of an error as text and looks its places up: the
 * first one in a document that it has loaded gets its lines and a caret, the others a line each.
 *
 * @param more what Vitest shows between the message and the stack: two values compared, or lines.
 */
export function positionedError(
  name: string,
  found: string,
  frames: readonly Frame[],
  more: { diff?: Diff | undefined; evidence?: readonly string[] } = {},
): Error {
  const message = plainLines(found)
  const error = new Error(message)
  error.name = name
  error.stack = stackOf(name, message, new Set(frames.map(line)))
  // `showDiff` is what Vitest looks at; `actual` and `expected` are what every assertion library sets.
  const { diff, evidence = [] } = more
  if (diff) Object.assign(error, { actual: plainAll(diff.actual), expected: plainAll(diff.expected), showDiff: true })
  // Vitest prints an existing `diff` unchanged next to the message. JUnit files contain the whole message.
  else if (evidence.length > 0) Object.assign(error, { diff: plainLines(evidence.join('\n')) })
  return error
}

/** Vitest takes what follows the last bracket for the place, so names go without brackets. */
function line(frame: Frame): string {
  if (typeof frame === 'string') return frame
  const { what, at } = frame
  const place = `${at.file}:${at.line}:${at.column}`
  return what === '' ? `    at ${place}` : `    at ${plain(what).replaceAll(/[()]/g, '')} (${place})`
}

/**
 * All problems of a document as one error: a line and a frame each. Vitest shows the lines of the first that it can.
 */
export function documentError(file: string, problems: readonly Problem[]): Error {
  return positionedError('ArazzoError', messageOf(file, problems), framesOf(problems))
}

function messageOf(file: string, problems: readonly Problem[]): string {
  if (problems.length === 1) return sentenceOf(problems[0]!)
  const lines = problems.map(
    problem => `  ${shortPath(problem.at.file)}:${problem.at.line}:${problem.at.column} ${sentenceOf(problem)}`,
  )
  return [`Failed to read ${basename(file)}: ${problems.length} problems.`, ...lines].join('\n')
}

const framesOf = (problems: readonly Problem[]) => problems.map(({ code, at }) => ({ what: code, at }))

const sentenceOf = ({ message, hint }: Problem) => (hint ? `${message} ${hint}` : message)
