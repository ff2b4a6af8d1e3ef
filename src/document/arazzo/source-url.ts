import { basename, dirname, resolve } from 'node:path'
import type { Location } from '../../errors.ts'
import { baseUriOf, resolveUri } from '../file/base-uri.ts'
import { decode, fileOfUrl } from '../file/pointer.ts'
import { type Raw, text } from '../raw.ts'
import type { LoadedDocument, Reading } from './loaded.ts'

/**
 * The file that a source's `url` stands for, on this machine. In order: the file named in the options; a document that
 * calls itself so (`$self`); the path of a relative or `file:` URL, relative to where the document is also when its
 * `$self` says that it belongs elsewhere; since nothing is fetched, a file of the same name beside the document.
 * `undefined` after it was reported that there is none. Source: Arazzo 1.1.0, "Identity-Based Referencing".
 */
export function locateSource(
  url: string,
  name: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): string | undefined {
  const mapped = reading.options.sources?.[name]
  if (mapped !== undefined)
    return (mapped.startsWith('file:') && fileOfUrl(mapped)) || resolve(dirname(reading.file), mapped)
  const place = placeOf(url, document, reading)
  const uri = uriOf(url, document)
  const isHere = place !== undefined && reading.files.exists(place)
  if (isHere && uri?.startsWith('file:')) return place
  const known = uri === undefined ? undefined : reading.files.withSelf(uri)
  return known ?? place ?? beside(url, name, at, document, reading)
}

/** The URI of a source that no file is known for but by what documents call themselves. */
export function uriToIdentify(
  raw: Raw,
  name: string,
  document: LoadedDocument,
  reading: Reading,
): string | undefined {
  const url = text(raw, 'url')
  if (!url || reading.options.sources?.[name] !== undefined) return undefined
  const uri = uriOf(url, document)
  const place = uri?.startsWith('file:') ? placeOf(url, document, reading) : undefined
  return place !== undefined && reading.files.exists(place) ? undefined : uri
}

const uriOf = (url: string, { file, root }: LoadedDocument) =>
  resolveUri(url, baseUriOf({ file, value: root }))

/** The path of a relative or `file:` URL. */
function placeOf(url: string, document: LoadedDocument, reading: Reading): string | undefined {
  const path = url.split(/[?#]/, 1)[0]!
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1]?.toLowerCase()
  if (scheme !== undefined) return scheme === 'file' ? fileOfUrl(path) : undefined
  const base = dirname(document.file)
  const written = resolve(base, path)
  const decoded = resolve(base, decode(path))
  return written !== decoded && reading.files.exists(written) ? written : decoded
}

function beside(
  url: string,
  name: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): string | undefined {
  const sibling = resolve(dirname(document.file), basename(decode(url.split(/[?#]/, 1)[0]!)))
  const failed = `read source "${name}"`
  const mapping = `sources: { ${/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`}: './file.yaml' }`
  if (!reading.files.exists(sibling)) {
    const found = `${url} is not on this machine, and nothing is fetched`
    const hint = `Save a copy as ${basename(sibling)} beside the document, or name a file in the options: ${mapping}.`
    reading.problems.add({ code: 'unmapped-url', at, failed, found, hint, firm: true })
    return undefined
  }
  const found = `${url} is not fetched; ${basename(sibling)} beside the document is used`
  reading.problems.add({
    code: 'unmapped-url',
    severity: 'warning',
    at,
    failed,
    found,
    hint: `To say so in the options: ${mapping.replace('file.yaml', basename(sibling))}.`,
  })
  return sibling
}
