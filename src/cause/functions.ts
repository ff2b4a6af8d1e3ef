import { realpathSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tried } from '../ground/tried.ts'
import type { BusyStack } from './profile.ts'
import type { ProfileNode } from './profiler/protocol.ts'

/** Busy time of one function, with all that it calls outside of the application's own source. */
export interface FunctionTime {
  /** Name, as the engine or the source map knows it; empty for a function without one. */
  name: string
  /** Path in the checkout, with `/`; absent for what is not the application's own: a package, Node.js, native code. */
  file?: string
  /** Line and column at which it begins, from 1. */
  line: number
  column: number
  /** Microseconds. */
  time: number
  /** Microseconds by line: its own, and those of packages and native code that it calls. */
  lines: Map<number, number>
  /** Microseconds by name of a package, of Node.js and of native code that it calls. */
  beyond: Map<string, number>
}

/** Functions by key, of all threads of one launch. */
export type Functions = Map<string, FunctionTime>

/**
 * Charges each stack to its deepest frame in the application's own source: in the checkout, and in no installed
 * package. What has no such frame is charged to the package, to Node.js or to native code. A function without a name
 * that is written within the one that calls it counts as a part of it: `items.map(item => ...)`.
 *
 * @param checkout folder of the sources.
 */
export function functionsIn(stacks: readonly BusyStack[], checkout: string): Functions {
  const home = tried(() => realpathSync(checkout)) ?? checkout
  const functions: Functions = new Map()
  const fileOf = memoized((path: string) => ownFile(path, home))
  const ownOf = (frame: ProfileNode) => {
    const file = fileOf(pathOf(frame))
    return file === undefined ? [] : [placeOf(frame, file)]
  }
  const starts = startsIn(stacks.flatMap(({ frames }) => frames.flatMap(ownOf)))
  for (const { frames, time } of stacks) {
    const index = frames.findIndex(frame => fileOf(pathOf(frame)) !== undefined)
    const own = frames[index]
    const top = ownerOf(frames[0]!, home)
    const place =
      own === undefined ? { name: top, line: 0, column: 0 } : writtenIn(frames.slice(index).flatMap(ownOf), starts)
    const key = keyOf(place)
    const found = functions.get(key) ?? { ...place, time: 0, lines: new Map(), beyond: new Map() }
    functions.set(key, found)
    found.time += time
    if (own === undefined) continue
    for (const { line, share } of linesOf(own)) add(found.lines, line, share * time)
    if (index > 0) add(found.beyond, top, time)
  }
  return functions
}

/** Lines at which functions with names begin, by file. */
function startsIn(places: readonly Place[]): Map<string, Set<number>> {
  const starts = new Map<string, Set<number>>()
  for (const { name, file = '', line } of places)
    if (name !== '') starts.set(file, (starts.get(file) ?? new Set()).add(line))
  return starts
}

/** The first of these, or the one that calls it and that it is written in. @param calls each of the next. */
function writtenIn(
  [first, caller, ...others]: readonly Place[],
  starts: ReadonlyMap<string, ReadonlySet<number>>,
): Place {
  const { name, file = '', line } = first!
  if (name !== '' || caller === undefined || caller.file !== file || caller.line > line) return first!
  const isOfAnother = [...(starts.get(file) ?? [])].some(start => start > caller.line && start <= line)
  if (isOfAnother) return first!
  return caller.name === '' ? writtenIn([caller, ...others], starts) : caller
}

/** Names of scripts that are the same in another checkout: the path in it, or below `node_modules`. */
export function scriptNames(checkout: string): (url: string) => string {
  const home = tried(() => realpathSync(checkout)) ?? checkout
  return url => ownFile(url, home) ?? /node_modules[\\/].*/.exec(url)?.[0].replaceAll('\\', '/') ?? url
}

type Place = Pick<FunctionTime, 'name' | 'file' | 'line' | 'column'>

/** Key by which the same function is found in another launch of the same build. */
const keyOf = ({ name, file, line, column }: Place) =>
  file === undefined ? name : name === '' ? `${file}:${line}:${column}` : `${file} ${name}`

function add<K>(times: Map<K, number>, key: K, time: number): void {
  times.set(key, (times.get(key) ?? 0) + time)
}

const pathOf = ({ source, callFrame }: ProfileNode): string => source?.file ?? callFrame.url

function placeOf({ source, callFrame }: ProfileNode, file: string): Place {
  const { functionName, lineNumber, columnNumber } = callFrame
  const { line, column } = source ?? { line: lineNumber + 1, column: columnNumber + 1 }
  return { name: source?.name ?? functionName, file, line, column }
}

/** Lines of a node, as shares of its own samples. */
function linesOf({ positionTicks = [], source }: ProfileNode): { line: number; share: number }[] {
  const all = positionTicks.reduce((sum, { ticks }) => sum + ticks, 0)
  const known = positionTicks.map(({ line, sourceLine, ticks }) => ({
    line: source === undefined ? line : sourceLine,
    share: ticks / all,
  }))
  return known.filter((one): one is { line: number; share: number } => one.line !== undefined && all > 0)
}

/** Path in the checkout of a file of the application's own; undefined of any other. */
function ownFile(path: string, home: string): string | undefined {
  const file = path.startsWith('file:') ? tried(() => fileURLToPath(path)) : path
  if (file === undefined || !isAbsolute(file)) return undefined
  const within = relative(home, tried(() => realpathSync(file)) ?? file)
  if (within.startsWith('..') || isAbsolute(within) || INSTALLED.test(within)) return undefined
  return within.split(sep).join('/')
}

/** Folders of packages: of npm and of Python. */
const INSTALLED = /(?:^|[\\/])(?:node_modules|site-packages|dist-packages)[\\/]/
/** Packages of npm and Python, and modules of Go. */
const PACKAGE =
  /.*[\\/](?:(?:node_modules|site-packages|dist-packages)[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)|pkg[\\/]mod[\\/]([^@]+)@)/

/** Installed package that a file belongs to. */
export function packageOf(path: string): string | undefined {
  const [, installed, module] = PACKAGE.exec(path) ?? []
  return (installed ?? module)?.replaceAll('\\', '/')
}

/** Owner of a frame that is not the application's: `pg`, `node:crypto`, `Node.js`. */
function ownerOf(frame: ProfileNode, home: string): string {
  const path = pathOf(frame)
  const { functionName } = frame.callFrame
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (path.startsWith('node:')) return path.startsWith('node:internal') ? 'Node.js' : path
  const installed = packageOf(path)
  if (installed !== undefined) return installed
  if (path === '') return functionName === '(program)' || functionName === '' ? 'native code' : functionName
  return ownFile(path, home) ?? path.split(/[\\/]/).slice(-2).join('/')
}

function memoized<T>(run: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>()
  return text => {
    if (!results.has(text)) results.set(text, run(text))
    return results.get(text)!
  }
}
