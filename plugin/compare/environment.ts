import { existsSync, realpathSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { tried } from '../../src/ground/tried.ts'

type Environment = Record<string, string | undefined>

/**
 * Paths of programs and modules, and places where npm and others say that they were started. `npm test` and `npx
 * vitest` put head's own programs first in PATH.
 */
const PLACES = /^(?:path|node_path|node_options|pwd|oldpwd|init_cwd|npm_config_local_prefix|npm_package_json)$/i

/** Two folders, of which the first, with all that lies in it, stands for the second. */
export interface Stand {
  folder: string
  from: string
}

/** The environment of a base out of another folder: it finds no program of head by it. */
export function environmentIn({ folder, from }: Stand, root: string, environment: Environment): Environment {
  const names = namesOf(from, root)
  const moved = (text: string) => names.reduce((given, name) => withFolder(given, name, folder), text)
  const entries = Object.entries(environment)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value !== undefined && PLACES.test(name) ? moved(value) : value]),
  )
}

/** The environment of a base with a command of its own: it finds programs of its folder before those of head. */
export function environmentNextTo(stand: Stand, root: string, environment: Environment): Environment {
  const moved = environmentIn(stand, root, environment)
  const entries = Object.entries(environment).map(([name, value = '']) => {
    if (!/^path$/i.test(name)) return [name, value]
    const [own, all] = [moved[name]!.split(delimiter), value.split(delimiter)]
    return [name, [...own.filter((place, i) => place !== all[i]), value].join(delimiter)]
  })
  return Object.fromEntries(entries)
}

/** Scope of a folder: the repository, if it is one or lies as deep in one as the project's root does. */
export function standOf(folder: string, root: string, top: string | undefined): Stand {
  if (top === undefined) return { folder, from: root }
  const within = relative(top, real(root))
  const isAlike = within !== '' && folder.endsWith(sep + within)
  const whole = [folder, ...(isAlike ? [folder.slice(0, -within.length - 1)] : [])]
  const found = whole.find(path => existsSync(join(path, '.git')))
  return found === undefined ? { folder, from: root } : { folder: found, from: top }
}

/** Path of a file in the folder that stands for its own; undefined if that has no such file. */
export function fileIn({ folder, from }: Stand, file: string): string | undefined {
  const within = withinOf(from, file)
  const path = within === undefined ? undefined : join(folder, within)
  return path !== undefined && existsSync(path) ? path : undefined
}

/** Path from a folder to what lies in it; undefined if it lies elsewhere. */
export function withinOf(folder: string, path: string): string | undefined {
  const within = relative(real(folder), real(path))
  return isAbsolute(within) || within.split(sep)[0] === '..' ? undefined : within
}

/** A path without symbolic links; as it is given if nothing lies there. */
export const real = (path: string): string => tried(() => realpathSync(path)) ?? path

/** Whether a text holds a path at or below a folder, rather than one that only looks like it. */
export function namesFolder(text: string, folder: string): boolean {
  return placesOf(text, folder).length > 0
}

/** A folder's names: by its real path, and by the way that leads to the project's root. */
function namesOf(folder: string, root: string): string[] {
  const own = real(folder)
  const names = new Set([folder, own])
  for (let path = root; path !== dirname(path); path = dirname(path)) if (real(path) === own) names.add(path)
  return [...names]
}

/** A text in which one folder stands in the place of another, but for what lies in it already. */
function withFolder(text: string, from: string, to: string): string {
  const inside = new Set(to.startsWith(from) ? placesOf(text, to) : [])
  let [moved, done] = ['', 0]
  for (const at of placesOf(text, from).filter(place => !inside.has(place))) {
    moved += text.slice(done, at) + to
    done = at + from.length
  }
  return moved + text.slice(done)
}

function placesOf(text: string, folder: string): number[] {
  const places: number[] = []
  if (folder === sep) return places
  for (let at = text.indexOf(folder); at >= 0; at = text.indexOf(folder, at + folder.length))
    if (!/[\w.-]/.test(text.charAt(at - 1)) && !/[\w.-]/.test(text.charAt(at + folder.length))) places.push(at)
  return places
}
