import { readFileSync } from 'node:fs'
import process from 'node:process'
import { environment, letFilesBeKnown, nowhere } from '../../src/ground/environment.ts'
import type { Location } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { given } from '../../src/ground/given.ts'
import { isObject } from '../../src/ground/object.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import type { DoctorProject } from './project.ts'

/** Does something in the environment that tests of a project have. */
export async function inEnvironmentOf<T>(
  { env, files }: Pick<DoctorProject, 'env' | 'files'>,
  task: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  letFilesBeKnown(files)
  try {
    return await task()
  } finally {
    letFilesBeKnown(undefined)
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}

/** Variables that values name as `{ env }`, however deep, and that neither the environment nor a file has. */
export function unsetIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(unsetIn)
  if (!isObject(value)) return []
  const { env } = value
  const isReference = typeof env === 'string' && Object.keys(value).length === 1
  return isReference ? (environment()[env] === undefined ? [env] : []) : Object.values(value).flatMap(unsetIn)
}

/**
 * A variable that neither the environment nor a file has.
 *
 * @param of what it is for: `input "password"`.
 * @param at where it is named, if not in the configuration.
 */
export function unsetHindrance(variable: string, of: string, project: DoctorProject, at?: Location): Hindrance {
  const message = failed('read', of, nowhere([variable]))
  const hint = 'Set it before the run, or write it into one of the files.'
  return given<Hindrance>({ severity: 'error', message, hint, at: at ?? placeInFile(project.configFile, variable) })
}

/** Where a file first has a word; where it begins if it has none. */
export function placeInFile(file: string | undefined, word: string): Location | undefined {
  const text = file === undefined ? undefined : tried(() => readFileSync(file, 'utf8'))
  if (file === undefined || text === undefined) return undefined
  const lines = text.split('\n')
  const line = lines.findIndex(one => one.includes(word))
  return line < 0 ? { file, line: 1, column: 1 } : { file, line: line + 1, column: lines[line]!.indexOf(word) + 1 }
}
