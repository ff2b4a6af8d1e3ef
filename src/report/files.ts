import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { renderHtmlReport } from './html/page.ts'
import { renderMarkdown } from './markdown.ts'
import type { LoadResult } from './result.ts'

export interface FileOptions {
  /** Folder of all load tests: `.vitest-arazzo`. */
  folder: string
  /** Earlier runs that are kept beside the last one, in `earlier/<time>`. Default 0. */
  keep?: number
  /** The run as metrics of Prometheus: what `metrics.prom` is to hold. */
  metrics?: string
}

/** Where the files of a load test are. */
export interface WrittenFiles {
  folder: string
  html: string
  json: string
  markdown: string
  metrics?: string
}

const EARLIER = 'earlier'

/**
 * Writes what a run measured to `<folder>/<name>/`: `report.html`, `result.json`, `summary.md`, `metrics.prom`. Each file is there whole or not at
 * all. What an earlier run of the same load test left is replaced, or kept as far as `keep` says.
 */
export function writeResult(result: LoadResult, { folder, keep = 0, metrics }: FileOptions): WrittenFiles {
  mkdirSync(folder, { recursive: true })
  ignoreInGit(folder)
  const own = folderOf(result, folder)
  setAside(own, keep)
  mkdirSync(own, { recursive: true })
  const named = [{ name: result.name, report: result.report }]
  const files = {
    folder: own,
    html: join(own, 'report.html'),
    json: join(own, 'result.json'),
    markdown: join(own, 'summary.md'),
    ...(metrics !== undefined && { metrics: join(own, 'metrics.prom') }),
  }
  writeWhole(files.html, renderHtmlReport(named))
  writeWhole(files.markdown, renderMarkdown(named))
  if (metrics !== undefined) writeWhole(join(own, 'metrics.prom'), metrics)
  writeWhole(files.json, `${JSON.stringify(result, null, 1)}\n`)
  return files
}

/** Beside it first, then into its place: a reader finds the old file or the new one. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(beside, text)
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

/** Named after the load test; one of the same name in another file has its file's name before it. */
function folderOf({ name, file }: LoadResult, folder: string): string {
  const plain = join(folder, slug(name))
  const owner = ownerOf(plain)
  return owner === undefined || owner === file ? plain : join(folder, slug(`${basename(file)} ${name}`))
}

/** The test file whose result lies in a folder. */
function ownerOf(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as LoadResult).file
  } catch {
    return undefined
  }
}

function slug(name: string): string {
  const words = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const text = words.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
  return text.slice(0, 80) || 'load'
}

function setAside(own: string, keep: number): void {
  const files = ['report.html', 'result.json', 'summary.md', 'metrics.prom'].filter(name =>
    existsSync(join(own, name)),
  )
  const earlier = join(own, EARLIER)
  if (keep > 0 && files.length > 0) {
    const kept = join(earlier, timeOf(own))
    mkdirSync(kept, { recursive: true })
    for (const name of files) renameSync(join(own, name), join(kept, name))
  }
  if (!existsSync(earlier)) return
  const runs = readdirSync(earlier).sort().reverse()
  for (const run of runs.slice(keep)) rmSync(join(earlier, run), { recursive: true, force: true })
  if (keep === 0) rmSync(earlier, { recursive: true, force: true })
}

/** When the run that lies in a folder began, as a name: `2026-03-01T12-00-00-000Z`; when it was written, where that cannot be read. */
function timeOf(own: string): string {
  const named = (time: string) => time.replaceAll(/[:.]/g, '-')
  try {
    const { report } = JSON.parse(readFileSync(join(own, 'result.json'), 'utf8')) as LoadResult
    return named(report.startedAt)
  } catch {
    return named(statSync(own).mtime.toISOString())
  }
}

function ignoreInGit(folder: string): void {
  const file = join(folder, '.gitignore')
  if (!existsSync(file)) writeWhole(file, '*\n')
}
