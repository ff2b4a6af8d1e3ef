import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { StoredComparison } from '../compare/comparison.ts'
import { comparisonOf, isComparison } from '../compare/comparison.ts'
import type { StoredRun } from '../compare/results/launches.ts'
import { asUserError, failed } from '../ground/fault.ts'
import { isObject } from '../ground/object.ts'
import { tried } from '../ground/tried.ts'
import { type LoadResult, parseResult } from '../report/result.ts'
import { filesBelow } from './files-below.ts'

/** Reads files one by one and collects their faults. */
export function readEach<T>(
  files: readonly string[],
  read: (text: string, file: string) => T,
): { read: T[]; faults: string[] } {
  const faults: string[] = []
  const done = files.flatMap(file => {
    try {
      return [read(textOf(file), file)]
    } catch (error) {
      faults.push((error as Error).message)
      return []
    }
  })
  return { read: done, faults }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const found = code === 'ENOENT' ? 'there is no such file' : message
    throw asUserError(new Error(failed('read', file, found, 'Correct the path.')))
  }
}

export interface Stored {
  runs: StoredRun[]
  comparisons: { place: string; stored: StoredComparison }[]
  faults: string[]
}

/**
 * Results and comparisons in files, and in folders with all that is below them. In a folder, JSON files that are of
 * others are passed over.
 *
 * @param onRead after each file: how many of those of its place are read.
 */
export function readStored(places: readonly string[], onRead?: (count: number, of: number) => void): Stored {
  const stored: Stored = { runs: [], comparisons: [], faults: [] }
  const take = (text: string, file: string) => {
    const value = tried(() => JSON.parse(text) as unknown)
    if (isComparison(value)) stored.comparisons.push({ place: file, stored: comparisonOf(value, file) })
    else stored.runs.push({ place: file, result: parseResult(text, file) })
  }
  for (const place of places) {
    const isFolder = statSync(place, { throwIfNoEntry: false })?.isDirectory()
    const files = isFolder ? filesBelow(place, SKIPPED, isResult) : [place]
    if (files.length === 0)
      stored.faults.push(failed('read', place, 'no result is below it', 'Name a result.json, or a folder of them.'))
    let count = 0
    const takeNext = (text: string, file: string) => {
      take(text, file)
      onRead?.(++count, files.length)
    }
    stored.faults.push(...readEach(files, takeNext).faults)
  }
  return stored
}

/**
 * The `comparison.json` of the same load test in the folder of a result; undefined if it does not exist. Throws if it
 * cannot be read.
 */
export function comparisonNextTo(file: string, { name, test, project }: LoadResult): StoredComparison | undefined {
  const path = join(dirname(file), 'comparison.json')
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined
  const value = tried(() => JSON.parse(textOf(path)) as unknown)
  const stored = comparisonOf(isObject(value) ? value : {}, path)
  return stored.name === name && stored.test === test && stored.project === project ? stored : undefined
}

const SKIPPED = new Set(['node_modules', '.git'])
const OURS = new Set(['result.json', 'comparison.json'])

/** By its name, or by what it says it is. */
function isResult(name: string, path: string): boolean {
  if (!name.endsWith('.json')) return false
  if (OURS.has(name)) return true
  const value = tried(() => JSON.parse(readFileSync(path, 'utf8')) as unknown)
  return isObject(value) && 'version' in value && ('report' in value || 'comparison' in value)
}
