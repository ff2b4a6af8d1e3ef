import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ArazzoDocument, ReadOptions } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import { tried } from '../../src/ground/tried.ts'
import type { SuiteHook } from '../../src/load/suites/hooks.ts'
import { suitesOf } from '../../src/load/suites/parts.ts'
import { isDocument } from '../files.ts'
import type { ArazzoOptions } from '../options.ts'

/**
 * The documents among these files that have the document `file` as a source, and those that have one of these. Those
 * that cannot be read are left out.
 */
export async function neighboursOf(
  file: string,
  all: readonly string[],
  options: ReadOptions,
): Promise<ArazzoDocument[]> {
  const others = [...new Set(all.map(path => resolve(path)))].filter(
    path => path !== file && isDocument(path) && mayReferToOthers(path),
  )
  const read = await Promise.all(others.map(path => readArazzo(path, options)))
  const found = new Set<ArazzoDocument>()
  const sought = [file]
  for (let source = sought.pop(); source !== undefined; source = sought.pop()) {
    for (const { document } of read) {
      if (document === undefined || found.has(document) || !hasSource(document, source)) continue
      found.add(document)
      sought.push(document.file)
    }
  }
  return [...found]
}

/** Whether a workflow of another of these documents is tested, as far as the plugin's options and it alone tell. */
export async function isOneTested(
  file: string,
  all: readonly string[],
  { sources, severities, inputs }: Pick<ArazzoOptions, 'sources' | 'severities' | 'inputs'>,
  hooks: readonly SuiteHook[],
): Promise<boolean> {
  for (const path of new Set(all.map(one => resolve(one)))) {
    if (path === file || !isDocument(path)) continue
    const { document } = await readArazzo(path, { sources, severities })
    if (document && suitesOf(document, inputs, [], hooks).some(one => one.isTested && one.options.skip !== true))
      return true
  }
  return false
}

/** Every reference to a workflow of another document begins so. */
function mayReferToOthers(path: string): boolean {
  return tried(() => readFileSync(path, 'utf8'))?.includes('$sourceDescriptions.') ?? false
}

function hasSource({ sources }: ArazzoDocument, file: string): boolean {
  return Object.values(sources).some(source => source.type === 'arazzo' && source.arazzo.file === file)
}
