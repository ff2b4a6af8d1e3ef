import { suggestion } from '../../ground/errors.ts'
import type { Finding } from '../../ground/fault.ts'
import { quoted } from '../../ground/words.ts'

/** Address of an application that the plugin has started. */
export interface Place {
  /** Absent for the only one, where it has no name. */
  name?: string
  /** `http://127.0.0.1:4711`, without a path. */
  origin: string
}

/** Names of applications: `{db.url}` must differ from `{port}`. */
export const APPLICATION_NAME = /^[A-Za-z][\w-]*$/

/** `{db.url}`, `{db.port}`, and what looks like one of these. */
const ADDRESS = /\{([A-Za-z][\w-]*)\.([A-Za-z]\w*)\}/g
const FIELDS = ['url', 'port']

/** A text with the addresses of applications filled in: `{db.url}`, `{db.port}`, and `{port}` of the only one. */
export function withAddresses(text: string, places: readonly Place[]): string {
  const [only, other] = places
  const port = only !== undefined && other === undefined ? portOf(only.origin) : undefined
  const own = port === undefined ? text : text.replaceAll('{port}', port)
  return own.replaceAll(ADDRESS, (whole, name: string, field: string) => {
    const place = places.find(one => one.name === name)
    if (place === undefined || !FIELDS.includes(field)) return whole
    return field === 'url' ? place.origin : portOf(place.origin)
  })
}

/** Whether requests can go to an address, in which a port may not be filled in yet. */
export const isHttp = (address: string): boolean => /^https?:/i.test(address)

/** Port of an address, also where it is that of its scheme. */
export function portOf(url: string): string {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? '443' : '80') : port
}

/**
 * Address of the application for user functions, if there is a single one.
 *
 * @param origins default destination of requests.
 */
export function addressOf(
  servers: string | Record<string, string> | undefined,
  origins: readonly string[],
): { url?: string; port?: number } {
  const url = typeof servers === 'string' ? servers : origins.length === 1 ? origins[0] : undefined
  return url === undefined ? {} : { url, port: Number(portOf(url)) }
}

/** Names of the applications whose address a text holds. */
export function namedIn(text: string): string[] {
  return [...text.matchAll(ADDRESS)].map(([, name]) => name!)
}

/** Faults of the addresses in a text, for applications with these names. */
export function addressFaults(text: string, names: readonly string[]): Finding[] {
  return [...text.matchAll(ADDRESS)].flatMap(([whole, name = '', field = '']) => {
    const isKnown = names.includes(name)
    if (isKnown && FIELDS.includes(field)) return []
    if (isKnown) {
      const advice = `Write {${name}.url} or {${name}.port}.`
      return [{ found: `${whole} is not an address of application "${name}"`, advice }]
    }
    return FIELDS.includes(field)
      ? [{ ...unknownApplication(name, names), found: `${whole} is of no application` }]
      : []
  })
}

/** Finding for an unknown name of an application. */
export function unknownApplication(name: string, names: readonly string[]): Finding {
  const [only, other] = names
  const none = 'The plugin starts none by a name: server: { api: { command, url } }.'
  const all =
    only === undefined ? none : other === undefined ? `The only one is "${only}".` : `There are ${quoted(names)}.`
  return { found: `there is no application "${name}"`, advice: suggestion(name, names) ?? all }
}
