import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Traits } from '../../src/compare/differences.ts'
import { given } from '../../src/ground/given.ts'
import { isObject } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import { environmentOf } from '../server/process-table.ts'

/** Files that say which packages there are, and how an application is built and started. */
const TELLING = new RegExp(
  `^(?:${[
    '(?:package-lock|npm-shrinkwrap|packages\\.lock)\\.json|pnpm-lock\\.yaml|bun\\.lockb?|gradle\\.lockfile|go\\.sum',
    '(?:yarn|deno|poetry|uv|Pipfile|Cargo|Gemfile|composer)\\.lock|requirements[\\w.-]*\\.txt',
    '(?:ts|js)config[\\w.-]*\\.json|nest-cli\\.json|\\.swcrc|\\.babelrc[\\w.]*|Makefile|Dockerfile[\\w.-]*',
    '(?:tsup|vite|webpack|rollup|esbuild|babel|next|nuxt)\\.config\\.\\w+',
    '\\.nvmrc|\\.node-version|\\.tool-versions|\\.npmrc|\\.python-version',
  ].join('|')})$`,
)

/** Scripts of package.json that build or start something. */
const BUILDS = /^(?:pre|post)?(?:build|bundle|compile|install|prepare|serve|start)/
/** Variables that each launch has of its own, or that say where it is. */
const OF_LAUNCHES = /^(?:PORT|PWD|OLDPWD|SHLVL|_|npm_.*|VITEST_ARAZZO_.*)$/
/** `NAME=` at the beginning of a line. */
const NAMES = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=/gm

/**
 * Traits of an application that are not in its code: of its process (Linux), of its folder, and of the folders above it
 * within the repository.
 *
 * @param pid the process that listens.
 */
export async function traitsOf(pid: number | undefined, folder: string): Promise<Traits> {
  const files: Record<string, string> = {}
  for (const place of foldersFrom(folder))
    for (const name of tried(() => readdirSync(place)) ?? [])
      if (files[name] === undefined) {
        const content = contentOf(join(place, name))
        if (content !== undefined) files[name] = content
      }
  return given<Traits>({ ...(pid === undefined ? {} : await ofProcess(pid)), files, scripts: scriptsIn(folder) })
}

/** The folder and those above it, up to the one with a `.git`; only the folder if it is in no repository. */
function foldersFrom(folder: string): string[] {
  const places = [folder]
  for (let place = folder; !existsSync(join(place, '.git')); place = dirname(place)) {
    if (place === dirname(place)) return [folder]
    places.push(dirname(place))
  }
  return places
}

/** A short hash of a file, or the names in a list of variables; undefined of files that do not count. */
function contentOf(path: string): string | undefined {
  const name = basename(path)
  const isList = /^\.env(?:\.|$)/.test(name)
  const text = isList || TELLING.test(name) ? tried(() => readFileSync(path, 'utf8')) : undefined
  if (text === undefined) return undefined
  if (isList) return [...text.matchAll(NAMES)].map(([, variable]) => variable).join(', ')
  return createHash('sha256').update(text).digest('hex').slice(0, 7)
}

function scriptsIn(folder: string): Record<string, string> {
  const text = tried(() => readFileSync(join(folder, 'package.json'), 'utf8'))
  const read = text === undefined ? undefined : tried(() => JSON.parse(text) as unknown)
  const scripts = isObject(read) && isObject(read.scripts) ? Object.entries(read.scripts) : []
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string'
  return Object.fromEntries(scripts.filter(isText).filter(([name]) => BUILDS.test(name)))
}

async function ofProcess(pid: number): Promise<Partial<Traits>> {
  const program = tried(() => readlinkSync(`/proc/${pid}/exe`))
  if (program === undefined) return {}
  const variables = environmentOf(pid).map(entry => entry.slice(0, Math.max(0, entry.indexOf('='))))
  const own = variables.filter(name => name !== '' && !OF_LAUNCHES.test(name)).sort()
  if (!/^node/.test(basename(program))) return { variables: own }
  const words =
    tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      ?.split('\0')
      .slice(1) ?? []
  const script = words.findIndex(word => !word.startsWith('-'))
  const version = await promisify(execFile)(program, ['--version']).catch(() => undefined)
  return given<Partial<Traits>>({ node: version?.stdout.trim(), flags: words.slice(0, script), variables: own })
}
