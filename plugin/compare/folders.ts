import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedServerOptions } from '../server/options.ts'
import { namesFolder, real, type Stand, standOf, withinOf } from './environment.ts'
import { notCompared } from './errors.ts'
import type { BaseSource } from './options.ts'

/** The options of the application, to be started from other files. */
export interface Moved {
  server: ResolvedServerOptions
  notes: string[]
  /** Absent where it is the same folder. */
  stand?: Stand
}

/** The application out of another folder, which stands for the project's root or for that of its repository. */
export function inFolder(
  { folder, by }: Extract<BaseSource, { from: 'folder' }>,
  root: string,
  top: string | undefined,
  server: ResolvedServerOptions,
): Moved {
  if (!existsSync(folder))
    throw notCompared(`there is no folder ${folder}`, `Correct ${by}; it is relative to the project's root.`)
  const stand = standOf(folder, root, top)
  const moved: Moved =
    real(stand.folder) === real(stand.from) ? { server, notes: [] } : movedTo(stand, server, `the base in ${folder}`)
  if (real(moved.server.cwd) === real(server.cwd))
    moved.notes.push('base and head are started from the same folder: nothing has changed, and what differs is noise')
  return moved
}

/**
 * The same application out of a folder that holds other contents of `from`.
 * @param base what it is called in messages.
 */
export function movedTo(stand: Stand, server: ResolvedServerOptions, base: string): Moved {
  const { folder, from } = stand
  const within = withinOf(from, server.cwd)
  if (within === undefined)
    throw notCompared(
      `"cwd" of server, ${server.cwd}, is not below ${from}, and base has no such folder`,
      'Say how base is started: compare: { command, cwd }.',
    )
  const cwd = join(folder, within)
  if (!existsSync(cwd))
    throw notCompared(
      `there is no folder "${within}" in ${base}`,
      'If it was somewhere else then, say how base is started: compare: { command, cwd }.',
    )
  const names = (text: string) => [from, real(from)].some(path => namesFolder(text, path))
  if (names(server.command))
    throw notCompared(
      `"command" of server names a folder of head, ${from}, so that base would run what head is`,
      'Write paths that are relative to "cwd".',
    )
  const shared = Object.keys(server.env).filter(name => names(server.env[name]!))
  const notes = shared.map(name => `${name} in "env" of server names a folder of head, for base as well`)
  return { server: { ...server, cwd }, notes, stand }
}
