import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { tried } from '../ground/tried.ts'
import type { LoadReport } from '../measure/report.ts'
import { type History, historyOf } from './history.ts'
import { type NamedReport, renderHtmlReport } from './html/page.ts'
import { renderMarkdown } from './markdown.ts'
import { repositoryOf } from './origin.ts'
import { alone, assertOwnFolder, markAsOwn, writeTogether, writeWhole } from './own-folder.ts'
import type { PageSection } from './page-section.ts'
import { type LoadResult, parseResult, resultText } from './result.ts'

interface FileOptions {
  /** Folder of all load tests: `.vitest-arazzo`. */
  folder: string
  /** The project's root, which no folder of reports may hold. Default: the working directory. */
  root?: string
  /** Number of earlier runs that are kept in `earlier/<time>`. Default 1. */
  keep?: number
  /** The run as metrics of Prometheus: what `metrics.prom` is to hold. */
  metrics?: string
}

/** Paths of a load test's files. */
export interface WrittenFiles {
  folder: string
  html: string
  json: string
  markdown: string
  metrics?: string
  /** History of earlier runs. */
  history?: History
}

/** A profile of the application, or of a side of a comparison, and its stacks. */
export interface ProfileFile {
  name: (typeof PROFILES)[number]
  text: string
}

const EARLIER = 'earlier'
const PROFILES = (['app', 'base', 'head'] as const).flatMap(
  side => [`${side}.cpuprofile`, `${side}.stacks.txt`, `${side}.heapprofile`] as const,
)
/** Earlier runs that are kept unless options say otherwise: the run's page shows the difference to the last one. */
const KEPT = 1
const FILES = ['report.html', 'result.json', 'summary.md', 'metrics.prom', 'comparison.json', ...PROFILES]
/** Files of a comparison next to a result. */
const OF_COMPARISON = ['comparison.json', ...PROFILES.filter(name => !name.startsWith('app'))]

/**
 * Writes the results of a run to the folder of its load test: `report.html`, `result.json`, `summary.md`,
 * `metrics.prom`. All of them are written whole, or the old ones stay, so that no page stands next to the result of
 * another run. Files of an earlier run are replaced, or kept as `keep` says. Throws for a folder that does not contain
 * only reports.
 */
export function writeResult(result: LoadResult, options: FileOptions): WrittenFiles {
  const { keep = KEPT, metrics, root } = options
  const own = folderFor(result, options)
  const files: WrittenFiles = {
    folder: own,
    html: join(own, 'report.html'),
    json: join(own, 'result.json'),
    markdown: join(own, 'summary.md'),
    ...(metrics !== undefined && { metrics: join(own, 'metrics.prom') }),
  }
  alone(own, () => {
    const history = historyOf(result.report, earlierIn(own, keep))
    if (history !== undefined) files.history = history
    const named = [{ name: result.name, report: result.report, history, links: linksOf(result, own, root) }]
    const texts: [path: string, text: string][] = [
      [files.html, renderHtmlReport(named)],
      [files.markdown, renderMarkdown(named)],
      [files.json, resultText(result, root)],
    ]
    if (metrics !== undefined) texts.splice(2, 0, [join(own, 'metrics.prom'), metrics])
    mkdirSync(own, { recursive: true })
    writeTogether(texts, () => setAside(own, keep))
  })
  return files
}

/**
 * Writes one more file into the folder of a load test, whole or not at all; returns its path. Throws for a folder that
 * is not of reports alone.
 */
export function writeNextTo(
  whose: Whose,
  options: FileOptions,
  name: 'comparison.json' | 'report.html' | 'summary.md' | ProfileFile['name'],
  text: string,
): string {
  return inFolderOf(whose, options, own => {
    const path = join(own, name)
    mkdirSync(own, { recursive: true })
    writeWhole(path, text)
    return path
  })
}

/**
 * Writes the page of a load test again, with what else was found of it since. Nothing where no run of it lies there.
 * Throws for a folder that is not of reports alone.
 */
export function addToPage(whose: Whose, options: FileOptions, section: PageSection): void {
  inFolderOf(whose, options, own => {
    const last = resultIn(own)
    if (last === undefined) return
    const { name, report } = last
    const history = historyOf(report, keptIn(own, options.keep ?? KEPT))
    const page = { name, report, history, sections: [section], links: linksOf(last, own, options.root) }
    writeWhole(join(own, 'report.html'), renderHtmlReport([page]))
  })
}

/** Links of the page of a load test: its result, its document, the job. */
function linksOf({ report, ciUrl }: LoadResult, own: string, root = '.'): NamedReport['links'] {
  const file = resolve(repositoryOf(root) ?? root, report.workflow.file)
  const toDocument = relative(own, file).split(sep).map(encodeURIComponent).join('/')
  return [
    { text: 'result.json', href: 'result.json' },
    ...(existsSync(file) ? [{ text: basename(file), href: toDocument }] : []),
    ...(ciUrl === undefined ? [] : [{ text: 'job', href: ciUrl }]),
  ]
}

/**
 * Removes the comparison of an earlier run. For a run that writes no result either, the last result is set aside, or
 * removed if no earlier one is kept. Throws for a folder that is not of reports alone.
 */
export function removeComparison(whose: Whose, options: FileOptions, isAlone: boolean): void {
  inFolderOf(whose, options, own => {
    if (isAlone) setAside(own, options.keep ?? KEPT)
    for (const name of isAlone ? FILES : OF_COMPARISON) rmSync(join(own, name), { force: true })
  })
}

/**
 * Removes results of load tests that are no more: their file is gone, or has no test of that name.
 *
 * @param namesIn names of the tests of a file, with the suites around them; absent for a file that did not run.
 */
export function removeOrphans(
  { folder, root = process.cwd() }: FileOptions,
  namesIn: (file: string, project?: string) => ReadonlySet<string> | undefined,
): void {
  const top = repositoryOf(root) ?? root
  const isGone = (own: string) => {
    const last = resultIn(own)
    if (last === undefined) return false
    const { name, test = name, project } = last
    const file = resolve(top, last.file)
    // The path of a file in a repository within this one begins elsewhere: the folder's name says whether this is it.
    if (folderNameOf({ ...last, file }, folder) !== basename(own)) return false
    const names = namesIn(file, project)
    return !existsSync(file) || (names !== undefined && !names.has(test) && !names.has(test.replace(/ \(\d+\)$/, '')))
  }
  const names = tried(() => readdirSync(folder)) ?? []
  const gone = names.map(name => join(folder, name)).filter(isGone)
  for (const own of gone)
    alone(own, () => {
      setAside(own, 0)
      removeRun(own)
    })
}

type Whose = Pick<LoadResult, 'name' | 'test' | 'project' | 'file'>

function inFolderOf<T>(whose: Whose, options: FileOptions, change: (own: string) => T): T {
  const own = folderFor(whose, options)
  return alone(own, () => change(own))
}

function folderFor(whose: Whose, { folder, root }: FileOptions): string {
  assertOwnFolder(folder, root)
  markAsOwn(folder)
  return join(folder, folderNameOf(whose, folder))
}

/**
 * Named after the load test, and by a hash of which one it is: names that differ in what cannot stand in a path, or
 * behind the 60th character, in two suites, files or projects, are folders of their own. The hash is the same on every
 * machine.
 */
function folderNameOf({ name, test = name, project = '', file }: Whose, folder: string): string {
  const owner = JSON.stringify([relative(folder, file).replaceAll(sep, '/'), test, project])
  return `${slug(name)}-${createHash('sha256').update(owner).digest('hex').slice(0, 8)}`
}

function slug(name: string): string {
  const words = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const text = words.replace(/[^\p{L}\p{N}]+/gu, '-')
  // Characters are counted, not units: half of one is in no path. 60 of four bytes are within the 255 of a name.
  return [...text].slice(0, 60).join('').replace(/^-|-$/g, '') || 'load'
}

/** Last kept runs. Unreadable results are skipped. */
function earlierIn(own: string, keep: number): LoadReport[] {
  if (keep === 0) return []
  const last = resultIn(own)
  return [...(last === undefined ? [] : [last.report]), ...keptIn(own, keep - 1)]
}

/** Up to `keep` runs before the one that lies in a folder. */
function keptIn(own: string, keep: number): LoadReport[] {
  const earlier = join(own, EARLIER)
  const runs = runsIn(earlier).slice(0, keep)
  return runs.flatMap(run => resultIn(join(earlier, run))?.report ?? [])
}

function resultIn(folder: string): LoadResult | undefined {
  const file = join(folder, 'result.json')
  return tried(() => parseResult(readFileSync(file, 'utf8'), file))
}

/** Names of earlier runs, the latest first. */
function runsIn(earlier: string): string[] {
  if (!existsSync(earlier)) return []
  return readdirSync(earlier)
    .filter(name => RUN.test(name))
    .sort((a, b) => collator.compare(b, a))
}

function setAside(own: string, keep: number): void {
  const files = FILES.filter(name => existsSync(join(own, name)))
  const earlier = join(own, EARLIER)
  if (keep > 0 && files.length > 0) {
    const kept = join(earlier, freeName(earlier, timeOf(own, files[0]!)))
    mkdirSync(kept, { recursive: true })
    for (const name of files) renameSync(join(own, name), join(kept, name))
  }
  // The next run possibly writes no profile.
  for (const name of PROFILES) rmSync(join(own, name), { force: true })
  if (!existsSync(earlier)) return
  for (const run of runsIn(earlier).slice(keep)) removeRun(join(earlier, run))
  removeEmpty(earlier)
}

/**
 * The name of an earlier run: `2026-03-01T12-00-00-000Z`, with a number behind it when another began in the same
 * millisecond.
 */
const RUN = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z(?:-\d+)?$/
const collator = new Intl.Collator('en', { numeric: true })

function freeName(folder: string, name: string): string {
  if (!existsSync(join(folder, name))) return name
  let number = 2
  while (existsSync(join(folder, `${name}-${number}`))) number++
  return `${name}-${number}`
}

/** Removes its own files, and the folder if it has no other files. */
function removeRun(folder: string): void {
  for (const name of FILES) rmSync(join(folder, name), { force: true })
  removeEmpty(folder)
}

function removeEmpty(folder: string): void {
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}

/**
 * When the run that lies in a folder began, as a name: `2026-03-01T12-00-00-000Z`; when it was written, where that
 * cannot be read.
 */
function timeOf(own: string, file: string): string {
  const named = (time: string) => time.replaceAll(/[:.]/g, '-')
  try {
    const { report } = JSON.parse(readFileSync(join(own, 'result.json'), 'utf8')) as LoadResult
    return named(new Date(report.startedAt).toISOString())
  } catch {
    return named(statSync(join(own, file)).mtime.toISOString())
  }
}
