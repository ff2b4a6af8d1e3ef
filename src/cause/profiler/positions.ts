import { readFileSync, statSync } from 'node:fs'
import { findSourceMap, SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProfileNode, SourcePlace } from './protocol.ts'

/** Longest script, and longest source map, that is read. */
const LONGEST = 32_000_000
/** Characters that may still be read: maps are parsed in the time of the application. */
let left = 4 * LONGEST
const COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm
const INLINE = /^data:application\/json[^,]*;base64,/

/** Source maps by the URL of their script. */
export type Maps = Map<string, { map: SourceMap; folder: string } | undefined>

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
    node.source = place
    for (const tick of node.positionTicks ?? []) {
      const at = placeOf(found, tick.line - 1, Number.MAX_SAFE_INTEGER)
      if (at?.file === place.file) tick.sourceLine = at.line
    }
  }
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

/** @param line from 0, as `column` */
function placeOf(
  { map, folder }: { map: SourceMap; folder: string },
  line: number,
  column: number,
): (SourcePlace & { name?: string }) | undefined {
  const entry = map.findEntry(line, column)
  if (!('originalSource' in entry) || typeof entry.originalSource !== 'string') return undefined
  const { originalSource, originalLine, originalColumn, name } = entry as typeof entry & { name?: unknown }
  const file = originalSource.startsWith('file:') ? fileURLToPath(originalSource) : resolve(folder, originalSource)
  const place = { file, line: originalLine + 1, column: originalColumn + 1 }
  return typeof name === 'string' ? { ...place, name } : place
}
