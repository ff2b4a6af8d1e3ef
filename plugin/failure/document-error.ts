import { basename } from 'node:path'
import { type Problem, shortPath } from '../../src/ground/errors.ts'
import { positionedError } from './positioned-error.ts'

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
