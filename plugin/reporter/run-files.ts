import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { TestProject, Vitest } from 'vitest/node'
import { alone, assertOwnFolder, DEFAULT_FOLDER, markAsOwn } from '../../src/report/own-folder.ts'
import { writeTogether } from '../../src/report/whole.ts'
import type {} from '../runtime/settings.ts'
import { commentText } from './comment.ts'
import type { LoadRun } from './run-tests.ts'
import { commentData, summaryText } from './run-texts.ts'

/** `comment.json` says that the others are there, and is written last. */
const FILES = ['summary.md', 'comment.md', 'comment.json']

/**
 * Where what is told of a whole run goes: the folder of the load tests' own files where all projects have the same one,
 * else that of Vitest's root, also where a configuration that cannot be read does not tell. Undefined where load tests
 * leave no files.
 */
export function folderOfRun(vitest: Pick<Vitest, 'config'> & { projects: readonly TestProject[] }): string | undefined {
  const usual = resolve(vitest.config.root, DEFAULT_FOLDER)
  const folders = vitest.projects.flatMap(project => {
    const { 'vitest-arazzo:settings': settings, 'vitest-arazzo:fault': fault } = project.getProvidedContext()
    if (fault !== undefined) return [usual]
    return settings?.reports ? [settings.reports.folder] : []
  })
  if (folders.length === 0) return undefined
  return new Set(folders).size === 1 ? folders[0] : usual
}

/** Removes what an earlier run has left, so that nobody takes it for that of the run that begins. */
export function removeRunFiles(folder: string): void {
  if (!existsSync(folder)) return
  assertOwnFolder(folder)
  withLock(folder, () => {
    for (const name of [...FILES].reverse()) rmSync(join(folder, name), { force: true })
  })
}

/** Writes what a run says of load: `summary.md`, `comment.md` and `comment.json`, each whole. */
export function writeRunFiles(folder: string, run: LoadRun): void {
  const now = new Date(performance.timeOrigin + performance.now()).toISOString()
  const texts = [summaryText(run), commentText(run), `${JSON.stringify(commentData(run, now))}\n`]
  assertOwnFolder(folder)
  markAsOwn(folder)
  withLock(folder, () => {
    writeTogether(FILES.map((name, index) => [join(folder, name), texts[index]!] as const))
  })
}

const withLock = (folder: string, write: () => void) => alone(join(folder, 'run'), write)
