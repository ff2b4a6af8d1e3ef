import { readFileSync, statSync } from 'node:fs'
import { findSourceMap, SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProfileNode } from './protocol.ts'

/** Longest script, and longest source map, that is read. */
const LONGEST = 32_000_000
/** Characters that may still be read: maps are parsed in the time of the application. */
let left = 4 * LONGEST
const COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm
const INLINE = /^data:application\/json[^,]*;base64,/

interface Found {
  map: SourceMap
  folder: string
}

/** Source maps by the URL of their script. */
export type Maps = Map<string, Found | undefined>

/** Adds to the nodes of a profile where their functions are in the sources that scripts were made from. */
export function addSources(
  nodes: readonly Pick<ProfileNode, 'callFrame' | 'positionTicks' | 'source'>[],
  maps: Maps = new Map(),
): void {
  for (const node of nodes) {
    const { url, lineNumber, columnNumber } = node.callFrame
    if (!url.startsWith('file:') && !url.startsWith('/')) continue
    if (!maps.has(url))
      maps.set(
        url,
        attempt(() => mapOf(url)),
      )
    const found = maps.get(url)
    if (found === undefined) continue
    const place = placeOf(found, lineNumber, columnNumber)
    if (place === undefined) continue
    const { generatedLine: _, generatedColumn: __, ...source } = place
    node.source = source
    for (const tick of node.positionTicks ?? []) {
      const line = sourceLineOf(found, tick.line - 1, place.file)
      if (line !== undefined) tick.sourceLine = line
    }
  }
}

/** A generated line with more entries, or of source lines that lie further apart, may be anywhere in its sources. */
const MOST_ENTRIES = 64
const MOST_APART = 4

/** The source line that a generated line begins with; undefined of one that has several statements, as in a bundle. */
function sourceLineOf(found: Found, line: number, file: string): number | undefined {
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  let column = Number.MAX_SAFE_INTEGER
  for (let entries = 0; column >= 0; entries++) {
    const at = placeOf(found, line, column)
    if (at === undefined || at.generatedLine !== line) break
    if (entries === MOST_ENTRIES || at.file !== file) return undefined
    first = Math.min(first, at.line)
    last = Math.max(last, at.line)
    column = at.generatedColumn - 1
  }
  return first <= last && last - first <= MOST_APART ? first : undefined
}

/** Result of a function; undefined where it throws. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** The map of a script: that of a loader which changed it as it was loaded, or the one that its last line names. */
function mapOf(url: string): { map: SourceMap; folder: string } | undefined {
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const loaded = findSourceMap(path) ?? findSourceMap(url)
  if (loaded !== undefined) return { map: loaded, folder: dirname(path) }
  const name = [...textOf(path).matchAll(COMMENT)].at(-1)?.[1]
  if (name === undefined) return undefined
  const isInline = INLINE.test(name)
  const file = isInline ? path : resolve(dirname(path), decodeURIComponent(name))
  const text = isInline ? Buffer.from(name.replace(INLINE, ''), 'base64').toString() : textOf(file)
  return { map: new SourceMap(JSON.parse(text)), folder: dirname(file) }
}

function textOf(path: string): string {
  const { size } = statSync(path)
  left -= size
  if (size > LONGEST || left < 0) throw new Error(`${path} is too long`)
  return readFileSync(path, 'utf8')
}

/** The last entry up to a place. @param line from 0, as `column` and those of the result. */
function placeOf(
  { map, folder }: Found,
  line: number,
  column: number,
): (NonNullable<ProfileNode['source']> & Record<'generatedLine' | 'generatedColumn', number>) | undefined {
  const entry = map.findEntry(line, column)
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  const { originalSource, originalLine, originalColumn, name, ...generated } = entry as typeof entry & {
    name?: unknown
  }
  const file = originalSource.startsWith('file:') ? fileURLToPath(originalSource) : resolve(folder, originalSource)
  const { generatedLine, generatedColumn } = generated
  const place = { file, line: originalLine + 1, column: originalColumn + 1, generatedLine, generatedColumn }
  return typeof name === 'string' ? { ...place, name } : place
}
