import { createRequire } from 'node:module'
import type { Client, Dispatcher } from 'undici'
import { once } from '../ground/once.ts'

export type { Client, Dispatcher }

type ClientClass = typeof Client

/**
 * The client of undici without the rest of it, of which nothing is used: that takes 70 ms more in every worker, and
 * makes undici's agent that of the process's own `fetch`. An undici that has the client elsewhere is loaded in whole.
 */
export function clientOf(load: (id: string) => unknown): ClientClass {
  try {
    return load('undici/lib/dispatcher/client.js') as ClientClass
  } catch (error) {
    if (!isMissing(error)) throw error
    return (load('undici') as { Client: ClientClass }).Client
  }
}

const missing = new Set<unknown>(['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'])

function isMissing(error: unknown): boolean {
  return missing.has((error as { code?: unknown }).code)
}

/** Loaded when the first transport is made: 11 MB and 60 ms in a process that may never use it. */
export const undiciClient = once(() => clientOf(createRequire(import.meta.url)))
