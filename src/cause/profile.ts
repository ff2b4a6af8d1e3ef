import { readFileSync, statSync } from 'node:fs'
import { isObject } from '../ground/object.ts'
import { tried } from '../ground/tried.ts'
import type { Bytes } from '../ground/units.ts'
import type { CpuProfile, ProfileNode } from './profiler/protocol.ts'

/** Longest profile that is read: one of 30 s has some megabytes. */
const LONGEST: Bytes = 128_000_000
/** Nodes of V8 that are no functions. */
const IDLE = '(idle)'
const COLLECTOR = '(garbage collector)'

/** Busy time of one node in a stretch of time, with the nodes above it, the outermost last. */
export interface BusyStack {
  frames: readonly ProfileNode[]
  /** Microseconds. */
  time: number
}

/** Stretch in which a thread was busy without a break. */
export interface Turn {
  /** Milliseconds. */
  length: number
  /** Its stacks, by the node on top. */
  stacks: readonly BusyStack[]
}

/** The profile in a file; undefined if it is not one. */
export const profileIn = (path: string): CpuProfile | undefined => tried(() => read(path))

/** Stacks of several turns, each once. */
export function stacksOf(turns: readonly Turn[]): BusyStack[] {
  const all = new Map<ProfileNode, BusyStack>()
  for (const { frames, time } of turns.flatMap(({ stacks }) => stacks)) {
    const known = all.get(frames[0]!)
    if (known === undefined) all.set(frames[0]!, { frames, time })
    else known.time += time
  }
  return [...all.values()]
}

function read(path: string): CpuProfile | undefined {
  const file = statSync(path)
  // A pipe would be waited for without end.
  if (!file.isFile() || file.size > LONGEST) return undefined
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return isProfile(value) ? value : undefined
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(one => typeof one === 'number' && Number.isFinite(one))

function isProfile(value: unknown): value is CpuProfile {
  if (!isObject(value)) return false
  const { nodes, samples, timeDeltas, startTime } = value
  const areNumbers = isNumbers(samples) && isNumbers(timeDeltas) && samples.length === timeDeltas.length
  return areNumbers && typeof startTime === 'number' && Array.isArray(nodes) && nodes.every(isNode)
}

const isNode = (value: unknown): value is ProfileNode =>
  isFrame(value) && typeof value.id === 'number' && (value.children === undefined || isNumbers(value.children))

/** Whether a value has the place of a function, as V8 writes it. */
export function isFrame(value: unknown): value is Record<string, unknown> {
  if (!isObject(value) || !isObject(value.callFrame)) return false
  const { functionName, url, lineNumber, columnNumber } = value.callFrame
  const isNamed = typeof functionName === 'string' && typeof url === 'string'
  return isNamed && typeof lineNumber === 'number' && typeof columnNumber === 'number'
}

/** Microseconds of the profile's clock. */
type Window = [from: number, to: number]

/**
 * Turns with the time of each stack, by the time from a sample to the next. Garbage collection has no stack of its own:
 * as in the developer tools of Chromium, it goes on top of the stack before it. A profile without times is whole.
 */
export function turnsIn({ nodes, samples, timeDeltas, startTime, isUntimed }: CpuProfile, ...window: Window): Turn[] {
  const [from, to] = isUntimed ? [0, Number.POSITIVE_INFINITY] : window
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map(nodes.flatMap(node => (node.children ?? []).map(child => [child, node] as const)))
  const framesBy = new Map<ProfileNode, ProfileNode[]>()
  const turns: { length: number; stacks: BusyStack[] }[] = []
  let at = startTime
  let last: ProfileNode | undefined
  for (const [i, id] of samples.entries()) {
    at += timeDeltas[i]!
    const sampled = byId.get(id)
    const node = sampled?.callFrame.functionName === COLLECTOR ? (last ?? sampled) : sampled
    if (node === undefined || node.callFrame.functionName === IDLE) {
      last = undefined
      continue
    }
    const isNew = last === undefined
    last = node
    const time = Math.min(at + (timeDeltas[i + 1] ?? 0), to) - Math.max(at, from)
    if (time <= 0) continue
    const frames = framesBy.get(node) ?? framesOf(node, parents)
    framesBy.set(node, frames)
    if (isNew || turns.length === 0) turns.push({ length: 0, stacks: [] })
    const turn = turns.at(-1)!
    turn.length += time / 1_000
    const known = turn.stacks.at(-1)
    if (known?.frames === frames) known.time += time
    else turn.stacks.push({ frames, time })
  }
  return turns
}

/** A node and those above it. A cycle, which V8 does not write, ends it. */
function framesOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): ProfileNode[] {
  const frames = new Set<ProfileNode>()
  for (let at: ProfileNode | undefined = node; at !== undefined && !frames.has(at); at = parents.get(at.id))
    frames.add(at)
  return [...frames]
}
