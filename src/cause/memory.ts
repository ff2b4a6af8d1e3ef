import { readFileSync, statSync } from 'node:fs'
import { isObject } from '../ground/object.ts'
import { tried } from '../ground/tried.ts'
import { type Bytes, formatBytes } from '../ground/units.ts'
import type { Cause } from '../measure/report.ts'
import { MOST } from './busiest.ts'
import { type Functions, functionsIn, packageOf, scriptNames } from './functions.ts'
import { placeOf } from './place.ts'
import { isFrame } from './profile.ts'
import { HEAP_SAMPLING, type HeapNode, type HeapReading, type ProfileNode } from './profiler/protocol.ts'

/** Memory of all threads of an application after a collection. */
export interface Checkpoint extends Pick<HeapReading, 'rss' | 'heap' | 'buffers'> {
  /** Lengths of scripts by their path in the checkout, or below `node_modules`. */
  scripts: Map<string, Bytes>
  /** Live objects by the function that made them, in bytes in the place of time. */
  functions: Functions
  /** Allocations of the thread with the largest heap. */
  nodes: readonly HeapNode[]
}

/** Longest reading that is read. */
const LONGEST: Bytes = 64_000_000
/** Checkpoints that say whether something grows. */
const FEWEST = 4
/** Growth of the heap, and of the resident set, that is noticed at all. */
const LEAST = { heap: 200_000, rss: 8_000_000 }
/** Part of the growth of the heap that a function has to have. */
const PART = 0.1

export function checkpointOf(paths: readonly string[], checkout: string): Checkpoint {
  const nameOf = scriptNames(checkout)
  const readings = paths.flatMap(path => tried(() => read(path)) ?? [])
  const sum = (of: (reading: Reading) => number) => readings.reduce((sum, reading) => sum + of(reading), 0)
  const stacks = readings.flatMap(({ nodes }) =>
    nodes.map(node => ({ frames: framesOf(node, nodes), time: node.selfSize })),
  )
  return {
    // Threads of a process have the same.
    rss: sum(({ isMain, rss }) => (isMain ? rss : 0)),
    heap: sum(({ heap }) => heap),
    buffers: sum(({ buffers, isMain }) => (isMain ? buffers : 0)),
    scripts: new Map(readings.flatMap(({ scripts }) => scripts.map(([url, size]) => [nameOf(url), size]))),
    functions: functionsIn(
      stacks.filter(({ time }) => time > 0),
      checkout,
    ),
    nodes: readings.toSorted((a, b) => b.heap - a.heap)[0]?.nodes ?? [],
  }
}

type Reading = HeapReading & { isMain: boolean }

function read(path: string): Reading | undefined {
  const file = statSync(path)
  if (!file.isFile() || file.size > LONGEST) return undefined
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return isReading(value) ? { ...value, isMain: path.endsWith('-0.heap') } : undefined
}

function isReading(value: unknown): value is HeapReading {
  if (!isObject(value)) return false
  const { rss, heap, buffers, nodes, scripts } = value
  const isNode = (node: unknown, i: number) =>
    isFrame(node) && typeof node.selfSize === 'number' && typeof node.parent === 'number' && node.parent < i
  const isScript = (one: unknown) => Array.isArray(one) && typeof one[0] === 'string' && typeof one[1] === 'number'
  const areNumbers = [rss, heap, buffers].every(one => typeof one === 'number')
  return areNumbers && Array.isArray(nodes) && nodes.every(isNode) && Array.isArray(scripts) && scripts.every(isScript)
}

/** A node and those above it. Each has its parent before it. */
function framesOf(node: HeapNode, nodes: readonly HeapNode[]): ProfileNode[] {
  const frames: ProfileNode[] = []
  for (let at: HeapNode | undefined = node; at !== undefined; at = nodes[at.parent]) frames.push(at)
  return frames
}

/**
 * Functions whose live objects become more from each checkpoint to the next. If the resident set grows and the heap
 * does not, the growth is outside of it.
 *
 * @param requests from the first checkpoint to the last.
 */
export function causeOfGrowingMemory(checkpoints: readonly Checkpoint[], requests: number): Cause {
  const [first, last] = [checkpoints[0], checkpoints.at(-1)]
  if (first === undefined || last === undefined || checkpoints.length < FEWEST || requests <= 0)
    return notFound(`memory was read ${checkpoints.length} times under load, and it takes ${FEWEST}`)
  const grows = (of: (one: Checkpoint) => Bytes, least: Bytes) =>
    of(last) - of(first) >= least && checkpoints.every((one, i) => i === 0 || of(one) > of(checkpoints[i - 1]!))
  const per1000 = (size: Bytes) => (size / requests) * 1_000
  const heap = last.heap - first.heap
  const outside = last.rss - first.rss - heap
  const isOutside = grows(({ rss }) => rss, LEAST.rss) || grows(({ buffers }) => buffers, LEAST.heap)
  if (isOutside && outside > 2 * heap) {
    const [growth, buffers] = [last.rss - first.rss, last.buffers - first.buffers].map(per1000) as [Bytes, Bytes]
    return { kind: 'outside heap', growth: Math.max(growth, buffers), heap: Math.max(0, per1000(heap)), buffers }
  }
  if (!grows(one => one.heap, LEAST.heap)) {
    const [inHeap, all] = [last.heap, last.rss].map(size => formatBytes(size))
    return notFound(`memory does not go on growing under load: after collections the heap has ${inHeap} of ${all}`)
  }
  const sizeIn = (key: string) => (one: Checkpoint) => one.functions.get(key)?.time ?? 0
  const functions = [...last.functions]
    .map(([key, place]) => ({ key, place, growth: place.time - sizeIn(key)(first) }))
    .filter(
      ({ key, growth }) =>
        grows(sizeIn(key), Math.max(PART * heap, noiseOf(sizeIn(key)(first), sizeIn(key)(last)))) && growth > 0,
    )
    .toSorted((a, b) => b.growth - a.growth)
    .slice(0, MOST)
    .map(({ place, growth }) => ({ function: placeOf(place), growth: per1000(growth) }))
  if (functions.length > 0) return { kind: 'growth', functions, heap: per1000(heap) }
  const more = formatBytes(per1000(heap), 2)
  return notFound(`the heap grows by ${more} per 1,000 requests, and no function has a notable part of it`)
}

/** Three deviations of a difference: each sample stands for so many bytes. */
const noiseOf = (from: Bytes, to: Bytes): Bytes => 3 * Math.sqrt(HEAP_SAMPLING * (from + to))

const notFound = (reason: string): Cause => ({ kind: 'not found', reason })

/** A module has so many times its own length in memory, at the most. */
const MOST_TIMES = 20

/** Part of the larger start that a module has to keep to be named, and that those named have to explain. */
const KEPT = { least: 0.1, together: 1 / 3 }

/**
 * Modules that head loads in addition at its start, and those whose live objects are more.
 *
 * @param change by which head has more memory, as a budget has it.
 */
export function causeAtStart(base: Checkpoint, head: Checkpoint, change: Bytes): Cause {
  const added = head.rss - base.rss
  if (added < change / 3)
    return notFound(
      `at its start head has ${formatBytes(Math.max(0, added), 2)} more, which does not explain the change`,
    )
  const modules = new Map<string, { name: string; files: number; size: Bytes; kept?: Bytes }>()
  for (const [path, size] of head.scripts) {
    if (path.startsWith('node:') || base.scripts.has(path)) continue
    const name = packageOf(`/${path}`) ?? path
    const found = modules.get(name) ?? { name, files: 0, size: 0 }
    modules.set(name, { name, files: found.files + 1, size: found.size + size })
  }
  const [before, now] = [keptIn(base), keptIn(head)]
  let explained = [...modules.values()].reduce((sum, { size }) => sum + size, 0) * MOST_TIMES >= added
  let keptByAll = 0
  for (const [name, live] of now) {
    const kept = live - (before.get(name) ?? 0)
    if (kept < KEPT.least * added) continue
    keptByAll += kept
    modules.set(name, { ...(modules.get(name) ?? { name, files: 0, size: 0 }), kept })
  }
  explained ||= keptByAll >= KEPT.together * added
  if (!explained)
    return notFound(`head has ${formatBytes(added, 2)} more at its start, and loads no modules that explain it`)
  const all = [...modules.values()].toSorted((a, b) => (b.kept ?? 0) - (a.kept ?? 0) || b.size - a.size)
  return { kind: 'start', added, modules: all.slice(0, MOST) }
}

/** Live objects by the file or package whose functions made them. */
function keptIn({ functions }: Checkpoint): Map<string, Bytes> {
  const kept = new Map<string, Bytes>()
  for (const { name, file = name, time } of functions.values()) kept.set(file, (kept.get(file) ?? 0) + time)
  return kept
}
