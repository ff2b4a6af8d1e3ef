import { lstatSync, readdirSync } from 'node:fs'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { hasEnded, isThere, ownedName, ownerIn } from '../../src/compare/base/owner.ts'
import { removeFolder } from '../../src/compare/base/worktree.ts'
import { sleep } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { systemTime } from '../../src/measure/clock.ts'
import { type FamilyRecord, RECORD, readRecord } from '../../src/measure/family-record.ts'
import { readUnits } from '../../src/measure/proc-stat.ts'
import { commandName, wordsIn } from '../../src/measure/wrappers.ts'
import { commandOf } from './port-owner.ts'
import { endFamily, membersOf, type ProcessFamily } from './process-family.ts'

/*
 * A supervisor notes down the processes of its application in a temporary file until they are gone. A probe of the
 * application reads there which processes belong to it. If Vitest and the supervisor are killed at once, the next run
 * reads there which to end. Linux only: other systems do not tell a process from a later one with the same number.
 */

/** Path of a record for a supervisor of this process; empty on other systems than Linux. */
export const newRecord = (): string => (process.platform === 'linux' ? join(tmpdir(), ownedName(RECORD)) : '')

/** `docker-proxy (pid 77)`. */
export const nameOf = (pid: number): string =>
  `${commandName(wordsIn(commandOf(pid).replaceAll(' ', '\0'))) || 'a process'} (pid ${pid})`

/** How long a supervisor that is left alone may need to end its application. */
const patience: Milliseconds = 8000
/** How long after the last look at a family a process may have begun that belongs to it for listening at its port. */
const SLACK: Milliseconds = 3000

/**
 * Ends applications whose Vitest and supervisor were killed. Resolves to the names of the processes that were ended.
 */
export async function sweepApplications(): Promise<string[]> {
  const found: string[] = []
  for (const name of newRecord() === '' ? [] : (tried(() => readdirSync(tmpdir())) ?? [])) {
    const owner = ownerIn(name, RECORD)
    const path = join(tmpdir(), name)
    if (owner === undefined || !isOurs(path) || !hasEnded(owner)) continue
    found.push(...(await sweep(path)))
  }
  return found
}

async function sweep(path: string): Promise<string[]> {
  const record = readRecord(path)
  const until = performance.now() + patience
  while (record !== undefined && commandOf(record.supervisor).includes(path) && isThere(record.supervisor)) {
    if (performance.now() >= until) return []
    await sleep(50)
  }
  const family = record && familyIn(record, path)
  const left = family === undefined ? [] : membersOf(family).map(({ pid }) => nameOf(pid))
  const isGone = left.length === 0 || (await endFamily(family!, 2000))
  for (const one of isGone ? [...(record?.scratch ?? []), path] : []) await removeFolder(one)
  return left
}

/** Undefined where the system was started anew since then. */
function familyIn({ mark, ...kin }: FamilyRecord, path: string): ProcessFamily | undefined {
  const touched = tried(() => lstatSync(path))?.mtimeMs
  if (touched === undefined) return undefined
  const { tick } = readUnits()
  const now = uptime() * 1000
  const at = now - (systemTime() - touched)
  // The number of the shell, and of its group, may be those of others by now.
  if (at < 0) return undefined
  return { pid: -1, mark, kin: { ...kin, until: (at + SLACK) / tick } }
}

/** Whether a file or folder is this user's: a temporary folder may hold those of others under such a name. */
export function isOurs(path: string): boolean {
  const found = tried(() => lstatSync(path))
  if (!found?.isFile() && !found?.isDirectory()) return false
  return process.getuid === undefined || found.uid === process.getuid()
}
