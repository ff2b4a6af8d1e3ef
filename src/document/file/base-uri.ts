import { pathToFileURL } from 'node:url'
import { isRaw, text } from '../raw.ts'

interface Read {
  readonly file: string
  readonly value: unknown
}

/**
 * What a file's relative references are resolved against, and what others call it: its `$self`, itself resolved against
 * where the file is, or that place. Sources: Arazzo 1.1.0, "Establishing the Base URI"; RFC 3986, 5.1.
 */
export function baseUriOf({ file, value }: Read): string {
  const place = pathToFileURL(file).href
  const self = isRaw(value) ? text(value, '$self') : undefined
  return (self !== undefined && resolveUri(self, place)) || place
}

/** A reference as an absolute URI without its fragment; `undefined` when it is not a URI. */
export function resolveUri(reference: string, base: string): string | undefined {
  if (!URL.canParse(reference, base)) return undefined
  const url = new URL(reference, base)
  url.hash = ''
  return url.href
}
