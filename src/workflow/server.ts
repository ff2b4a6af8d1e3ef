import type { Operation } from '../document/model.ts'
import { asAddress } from '../ground/address.ts'
import type { Location } from '../ground/errors.ts'
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

/** Why there is no base: what was found, where that is written if it is in the description, and what to do. */
export interface NoBase {
  readonly found: string
  readonly at?: Location
  readonly hint?: string
}

/**
 * Destination of an operation's requests. An override without a path (`http://127.0.0.1:3000`) replaces the origin, and
 * the path is that of the description's server, relative or absolute. An override with a path, also `/`, is the whole
 * base. Returns the finding if there is no absolute http(s) URL.
 */
export function baseOf(operation: Operation, source: string, override: ServerOverride): Base | NoBase {
  const wanted = typeof override === 'string' ? override : override?.[source]
  const declared = declaredUrl(operation)
  if (wanted !== undefined) return read(hasPath(wanted) ? wanted : rebase(wanted, declared)) ?? faultOf(wanted)
  return read(declared) ?? faultOf(declared, operation.servers[0]?.at)
}

/** Whether an address says a path of its own: `http://127.0.0.1/` does, and `http://127.0.0.1` does not. */
export function hasPath(address: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\/[^/?#]*\//i.test(address)
}

/** The URL of the server that a description has for an operation, with the defaults of its variables. */
export function declaredUrl({ servers: [server] }: Operation): string {
  if (!server) return '/'
  return server.url.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => server.variables[name]?.default ?? whole)
}

function read(text: string): Base | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, ''), authorization: authorizationOf(url) }
}

function faultOf(text: string, at?: Location): NoBase {
  const address = asAddress(text)
  if (address !== undefined && URL.canParse(address))
    return { found: `"${shown(text)}" has no scheme`, at, hint: `Write "${shown(address)}", or https.` }
  return { found: `"${shown(text)}" is not an absolute http or https URL` }
}

/** Leaves out the user and the password of an address. */
const shown = (text: string) => text.replace(/^([a-z+.-]+:\/\/)?[^/]*@/i, '$1')

/** Source: RFC 7617, the Basic scheme. */
function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const credentials = `${decoded(username)}:${decoded(password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function rebase(wanted: string, declared: string): string {
  if (!URL.canParse(wanted)) return wanted
  const text = asAddress(declared) ?? declared
  const moved = new URL(wanted)
  moved.pathname = URL.canParse(text, wanted) ? new URL(text, wanted).pathname : pathBehindHost(text)
  return moved.href
}

/** The path of a URL whose host or port is not valid (`https://{region}/v1`): where it is moved, those do not count. */
const pathBehindHost = (url: string) => url.replace(/^([a-z][a-z\d+.-]*:)?\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
