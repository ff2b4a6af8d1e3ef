import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { hasEnded, type Owner, ownedName, ownerIn } from '../../src/compare/base/owner.ts'
import { isOfWorktree, removeFolder, removeWorktree, type Worktree } from '../../src/compare/base/worktree.ts'
import { failure } from '../../src/ground/fault.ts'
import { sleep } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { ours } from '../files.ts'
import { environmentOf, processTable } from '../server/process-family.ts'
import { isOurs, sweepApplications } from '../server/record.ts'

/*
 * All that a run of Vitest makes for its comparisons lies in one temporary folder, its room: worktrees, and the data of
 * applications. The name of the room tells whose it is, so that there is no moment at which that is not known. It is
 * removed at the end of the run; should Vitest be killed, by the janitor, a process of its own that waits for that; and
 * should that be killed as well, by the next run.
 */

const PREFIX = 'vitest-arazzo-room-'

/** In the environment of every process that works in a room: its path. */
export const ROOM_VARIABLE = 'VITEST_ARAZZO_ROOM'

/** Name of a room for this process and its workers. Nothing is made yet: most runs compare nothing. */
export function nameRoom(): string {
  return join(tmpdir(), ownedName(PREFIX))
}

/** Creates a room, if it is missing, and removes it when its owner ends. Also removes rooms of dead owners. */
export async function enterRoom(room: string): Promise<void> {
  if (existsSync(room)) return
  await sweepApplications()
  await sweepRooms()
  const isMine = await makeFolder(room)
  if (!isMine) return
  const { NODE_OPTIONS: _, ...plain } = process.env
  const options = { env: plain, detached: true, stdio: 'ignore', windowsHide: true, cwd: tmpdir() } as const
  const janitor = spawn(process.execPath, [ours('janitor.js'), room], options)
  // Without one, the next run cleans up.
  janitor.on('error', () => {})
  janitor.unref()
}

async function makeFolder(room: string): Promise<boolean> {
  try {
    await mkdir(room, { mode: 0o700 })
    return true
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    // Another worker was faster.
    if (code === 'EEXIST') return false
    const advice = 'Let TMPDIR name a folder that is there and can be written to.'
    throw failure('make a temporary folder', `in ${tmpdir()}`, `it cannot be written to (${code})`, advice)
  }
}

/** Removes the rooms of this user whose owners have ended. */
export async function sweepRooms(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const owner = roomOwner(name)
    const path = join(tmpdir(), name)
    // A room that cannot be removed, for example because a container wrote it, does not disturb.
    if (owner !== undefined && isOurs(path) && hasEnded(owner)) await removeRoom(path).catch(() => {})
  }
}

/** Owner in the name of a room; undefined if it is not a room. */
export const roomOwner = (name: string): Owner | undefined => ownerIn(name, PREFIX)

/** How long processes have to end of themselves: their supervisors end them within 5 s and a little. */
const patience: Milliseconds = 8000

/** Removes a room and its content as soon as no process works in it. */
export async function removeRoom(room: string): Promise<void> {
  await untilEmpty(room)
  for (const worktree of await worktreesIn(room)) await removeWorktree(worktree)
  await removeFolder(room)
}

async function worktreesIn(room: string): Promise<Worktree[]> {
  const names = (await readdir(room).catch(() => [])).filter(isOfWorktree)
  const found = await Promise.all(
    names.filter(name => name.endsWith('.json')).map(name => readFile(join(room, name), 'utf8').catch(() => '')),
  )
  return found.flatMap(text => tried(() => JSON.parse(text) as Worktree) ?? [])
}

async function untilEmpty(room: string): Promise<void> {
  const until = performance.now() + patience
  for (;;) {
    const inside = processesIn(room)
    if (inside.length === 0) return
    if (performance.now() >= until) for (const pid of inside) tried(() => process.kill(pid, 'SIGKILL'))
    if (performance.now() >= until + 2000) return
    await sleep(50)
  }
}

/** Processes that work in a room. Known on Linux only. On other systems the supervisors ensure that they end. */
function processesIn(room: string): number[] {
  if (process.platform !== 'linux') return []
  const variable = `${ROOM_VARIABLE}=${room}`
  const living = processTable().filter(({ zombie, pid }) => !zombie && pid !== process.pid)
  return living.map(({ pid }) => pid).filter(pid => environmentOf(pid).includes(variable))
}
