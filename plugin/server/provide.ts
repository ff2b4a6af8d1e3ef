import type { TestProject } from 'vitest/node'
import { readServerOptions, type ServerOptions } from './options.ts'
import { serversOf } from './servers.ts'

/** The application under test, as tests and load tests get to know it. */
export interface ProvidedApp {
  /** `http://127.0.0.1:4711` */
  origin: string
  /** The URL that was asked until it responded. */
  url: string
  /** Process whose whole tree is measured for `memory` and `cpu`. Unknown for some reused applications. */
  pid: number | undefined
  /** The folder in which its Node processes tell of themselves, if they have the probe loaded. */
  probe?: string
}

/** What kept the application from starting. */
export interface StartFailure {
  message: string
  /** The last lines that it wrote, below a heading; empty where it wrote none. */
  log: readonly string[]
}

declare module 'vitest' {
  interface ProvidedContext {
    'vitest-arazzo:app': ProvidedApp | undefined
    'vitest-arazzo:failure': StartFailure | undefined
  }
}

/**
 * Has an application started before the tests of a project, and ended after them. Projects with the same options share
 * one. Throws, with every problem, when the options cannot be read.
 * @param globalSetup absolute path of the built global setup, which Vitest loads by itself.
 */
export function provideServer(project: TestProject, options: ServerOptions, globalSetup: string): void {
  serversOf(project.vitest).options.set(project.name, readServerOptions(options, project.config.root))
  // Typed `string | string[]`, always a list once it is resolved.
  const files = project.config.globalSetup as string[]
  if (!files.includes(globalSetup)) project.config.globalSetup = [...files, globalSetup]
}
