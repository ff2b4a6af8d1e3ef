import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parsePointer } from '../../src/expression/pointer.ts'
import type { Location } from '../../src/ground/errors.ts'
import { isUserError } from '../../src/ground/fault.ts'
import { stackOf } from '../../src/ground/stack.ts'
import { tried } from '../../src/ground/tried.ts'
import type { DocumentLoadTest } from '../../src/load/plan/document-tests.ts'
import type { Frame } from '../failure/positioned-error.ts'

/** Place of a load test in the sources. */
export interface Site {
  /** Place of an option, by its JSON Pointer (`/budgets/p99`); `''` is the load test itself. */
  framesOf(path: string): Frame[]
  /** The place of an option in the test file, where it has a line of its own. */
  placeOf(path: string): Location | undefined
}

/**
 * A call in a test file. An option that is written down in it leads to its own line, all else to the call, which is
 * where tests are found by their line.
 */
export function callSite(frames: readonly string[]): Site {
  const [call = '', ...callers] = frames
  const framesOf = (path: string): Frame[] => {
    const at = path === '' ? undefined : optionPlace(call, path)
    return at === undefined ? [...frames] : [{ what: '', at }, ...callers]
  }
  return { framesOf, placeOf: () => undefined }
}

/** An `x-load-test` in a document. */
export function documentSite({ name, placeOf }: Pick<DocumentLoadTest, 'name' | 'placeOf'>): Site {
  return {
    framesOf: path => [
      { what: [name, parsePointer(path).tokens.join('.')].filter(Boolean).join(' > '), at: placeOf(path) },
    ],
    placeOf,
  }
}

/**
 * Place of a call's option in a test file, by its JSON Pointer (`/budgets/p99`), or what it is written down within;
 * undefined where that is not in the call, as with options that come out of a variable.
 *
 * @param frame a line of a stack that leads to the call.
 */
export function optionPlace(frame: string, pointer: string): Location | undefined {
  const [, place = ''] = /(?:\(|^\s*at (?!.*\())(.*?)\)?$/.exec(frame) ?? []
  const [, path, line, column] = /^(.+):(\d+):(\d+)$/.exec(place) ?? []
  if (path === undefined) return undefined
  const file = path.startsWith('file:') ? fileURLToPath(path) : path
  const text = tried(() => readFileSync(file, 'utf8'))
  if (text === undefined) return undefined
  const start = offsetOf(text, Number(line), Number(column))
  const found = start === undefined ? undefined : findOption(text, start, parsePointer(pointer).tokens)
  return found === undefined ? undefined : { file, ...placeOf(text, found) }
}

function offsetOf(text: string, line: number, column: number): number | undefined {
  const lines = text.split('\n')
  if (line > lines.length || column > lines[line - 1]!.length) return undefined
  return lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

/** Comments, texts, templates, numbers and names, and every other character alone. */
const TOKEN = new RegExp(
  [
    String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`,
    String.raw`'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"`,
    '`(?:\\\\[\\s\\S]|[^`\\\\])*`',
    String.raw`[\w$.]+|\S`,
  ].join('|'),
  'g',
)

/**
 * Offset of the key that the tokens lead to, or of as many of them as there are, in the call that begins at `start`;
 * `loadTest.each(cases)(name, make)` is one. The first may be a key at any depth: options may be made by a function.
 * Nothing is parsed: brackets are counted.
 */
function findOption(text: string, start: number, tokens: readonly string[]): number | undefined {
  let depth = 0
  let found: number | undefined
  /** Within how many brackets the value of each token that was found is. */
  const within: number[] = []
  let key: { name: string; at: number } | undefined
  for (const { 0: token, index } of text.slice(start).matchAll(TOKEN)) {
    if (token.startsWith('//') || token.startsWith('/*')) continue
    if (token === ':' && key?.name === tokens[within.length] && isExpected(within, depth)) {
      found = start + key!.at
      if (within.push(depth + 1) === tokens.length) return found
    }
    key = { name: unquoted(token), at: index }
    if ('([{'.includes(token)) depth++
    else if (')]}'.includes(token)) {
      depth--
      const isOver = depth === 0 && !/^\s*\(/.test(text.slice(start + index + 1, start + index + 20))
      // The entered object has ended without the wanted key.
      if (isOver || (within.length > 0 && depth < within.at(-1)!)) return found
    }
  }
  return found
}

/** Whether a key may be the next one: directly within the value of the one before. */
const isExpected = (within: readonly number[], depth: number) => within.length === 0 || depth === within.at(-1)

const unquoted = (token: string) => token.replace(/^(['"])(.*)\1$/s, '$2')

type Entry = (...args: never[]) => unknown

/** The lines of the stack below `entry`, which is one of ours: where in the user's file it was called. */
export function callerFrames(entry: Entry): string[] {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, entry)
  return (holder.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
}

/** Runs `fn`. What is said about the call leads to the call; a fault of our own keeps its stack. */
export async function atCaller<T>(entry: Entry, fn: () => Promise<T>): Promise<T> {
  const frames = callerFrames(entry)
  try {
    return await fn()
  } catch (error) {
    if (isUserError(error)) error.stack = stackOf(error.name, error.message, frames)
    throw error
  }
}
