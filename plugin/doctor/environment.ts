import process from 'node:process'
import { setEnvironmentFiles } from '../../src/ground/environment.ts'
import type { DoctorProject } from './configuration.ts'

/** Does something in the environment that tests of a project have. */
export async function inEnvironmentOf<T>({ env, files }: DoctorProject, task: () => Promise<T>): Promise<T> {
  const before = Object.keys(env).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, env)
  setEnvironmentFiles(files)
  try {
    return await task()
  } finally {
    setEnvironmentFiles(undefined)
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
}
