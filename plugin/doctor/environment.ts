import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import type { Location } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { isObject } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import type { DoctorProject } from './project.ts'

/** Does something in the environment that tests of a project have. */
export async function inEnvironmentOf<T>({ env }: Pick<DoctorProject, 'env'>, task: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  try {
    return await task()
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}

/** Variables that values name as `{ env }`, however deep, and that are not set. */
export function unsetIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(unsetIn)
  if (!isObject(value)) return []
  const { env } = value
  const isReference = typeof env === 'string' && Object.keys(value).length === 1
  return isReference ? (process.env[env] === undefined ? [env] : []) : Object.values(value).flatMap(unsetIn)
}

/**
 * A variable of the environment that is not set, and the files that were looked at for it.
 *
 * @param of what it is for: `input "password"`.
 * @param at where it is named, if not in the configuration.
 */
export function unsetHindrance(variable: string, of: string, project: DoctorProject, at?: Location): Hindrance {
  const { root, configFile } = project
  const files = environmentFiles(root)
  const holding = files.filter(name => holds(join(root, name), variable))
  const own = configFile === undefined ? [] : [`test.env of ${relative(root, configFile)}`]
  const others = [...own, ...files.filter(name => !holding.includes(name))]
  const unread = holding.length > 0 ? `; ${holding.join(' and ')} has it, and is not read` : ''
  const neither = others.length > 0 ? `, and neither has ${others.join(' or ')}` : ''
  const hint =
    holding.length > 0
      ? "Read it: import { loadEnv } from 'vite', and test: { env: loadEnv('test', process.cwd(), '') }."
      : 'Set it before the run.'
  const message = failed('read', of, `the environment has no ${variable}${neither}${unread}`)
  return given<Hindrance>({ severity: 'error', message, hint, at: at ?? placeInFile(configFile, variable) })
}

const environmentFiles = (root: string) =>
  (tried(() => readdirSync(root)) ?? []).filter(name => /^\.env(\.(local|test|test\.local))?$/.test(name)).sort()

function holds(file: string, variable: string): boolean {
  const text = tried(() => readFileSync(file, 'utf8')) ?? ''
  return text.split('\n').some(
    line =>
      line
        .replace(/^\s*(export\s+)?/, '')
        .split('=', 1)[0]!
        .trim() === variable,
  )
}

/** Where a file first has a word; where it begins if it has none. */
export function placeInFile(file: string | undefined, word: string): Location | undefined {
  const text = file === undefined ? undefined : tried(() => readFileSync(file, 'utf8'))
  if (file === undefined || text === undefined) return undefined
  const lines = text.split('\n')
  const line = lines.findIndex(one => one.includes(word))
  return line < 0 ? { file, line: 1, column: 1 } : { file, line: line + 1, column: lines[line]!.indexOf(word) + 1 }
}
