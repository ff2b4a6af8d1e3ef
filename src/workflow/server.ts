import type { Operation, Server } from '../document/model.ts'
import { given } from '../ground/given.ts'
import { decoded } from '../ground/tried.ts'

export type ServerOverride = string | Readonly<Record<string, string>> | undefined

export interface Base {
  /** `http://127.0.0.1:3000`. */
  readonly origin: string
  /** Path without a trailing slash: `/v1`, or empty. */
  readonly path: string
  /** The `Authorization` that a user and a password in the URL stand for. */
  readonly authorization?: string
}

/**
 * Where an operation's requests go. A relative server URL resolves against an override that has no path of its own
 * (`http://127.0.0.1:3000` and `/v1` give `http://127.0.0.1:3000/v1`); in every other case the override is the base.
 * Returns what was found instead when that is not an absolute http(s) URL.
 */
export function baseOf(operation: Operation, source: string, override: ServerOverride): Base | { found: string } {
  const wanted = typeof override === 'string' ? override : override?.[source]
  const declared = expand(operation.servers[0])
  const text = wanted === undefined ? declared : rebase(wanted, declared)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return { found: text }
  const authorization = authorizationOf(url)
  return given({ origin: url.origin, path: url.pathname.replace(/\/+$/, ''), authorization })
}

/** Source: RFC 7617, the Basic scheme. */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const credentials = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function rebase(wanted: string, declared: string): string {
  if (!URL.canParse(wanted) || URL.canParse(declared)) return wanted
  return new URL(wanted).pathname === '/' ? new URL(declared, wanted).href : wanted
}

function expand(server: Server | undefined): string {
  if (!server) return '/'
  return server.url.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => server.variables[name]?.default ?? whole)
}
