import { basename, dirname, resolve } from 'node:path'
import type { Location } from '../../ground/errors.ts'
import { decoded } from '../../ground/tried.ts'
import { baseUriOf, resolveUri } from '../file/base-uri.ts'
import { isUnreadable } from '../file/files.ts'
import { fileOfUrl } from '../file/pointer.ts'
import type { LoadedDocument, Reading } from '../loaded/loaded.ts'
import { has, isRaw, type Raw, text } from '../raw.ts'
import { NAMES, typeOf } from './kind.ts'

/**
 * The file that a source's `url` stands for, on this machine. In order: the file named in the options; a document that
 * calls itself so (`$self`); the path of a relative or `file:` URL, relative to where the document is also when its
 * `$self` says that it belongs elsewhere; since nothing is fetched, a file of the same name beside the document, if it
 * is of the source's `type` and not the document itself. `undefined` after it was reported that there is none. Source:
 * Arazzo 1.1.0, "Identity-Based Referencing".
 */
export function locateSource(
  raw: Raw,
  url: string,
  name: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): string | undefined {
  const mapped = reading.options.sources?.[name]
  if (mapped !== undefined)
    return (mapped.startsWith('file:') && fileOfUrl(mapped)) || resolve(dirname(reading.file), mapped)
  const uri = uriOf(url, document)
  const place = placeOf(url, uri, document, reading)
  const isHere = place !== undefined && reading.files.exists(place)
  if (isHere && uri?.startsWith('file:')) return place
  const known = uri === undefined ? undefined : reading.files.withSelf(uri)
  return known ?? place ?? beside(raw, url, name, at, document, reading)
}

/**
 * The URI of a source whose file is not known for certain before all documents are: any of them may call itself so.
 * `isHere` tells whether there is a file to fall back on.
 */
export function uriToIdentify(
  raw: Raw,
  name: string,
  document: LoadedDocument,
  reading: Reading,
): { uri: string; isHere: boolean } | undefined {
  const url = text(raw, 'url')
  if (!url || reading.options.sources?.[name] !== undefined) return undefined
  const uri = uriOf(url, document)
  if (uri === undefined) return undefined
  const place = placeOf(url, uri, document, reading)
  const isHere =
    place === undefined
      ? unfitness(siblingOf(url, document), raw, document, reading) === undefined
      : reading.files.exists(place)
  return isHere && uri.startsWith('file:') ? undefined : { uri, isHere }
}

const uriOf = (url: string, { file, root }: LoadedDocument) => resolveUri(url, baseUriOf({ file, value: root }))

/**
 * The path of a relative or `file:` URL: by its URI, else, where `$self` leads elsewhere, from where the document is.
 */
function placeOf(url: string, uri: string | undefined, document: LoadedDocument, reading: Reading): string | undefined {
  const path = url.split(/[?#]/, 1)[0]!
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1]?.toLowerCase()
  if (scheme !== undefined) return scheme === 'file' ? fileOfUrl(path) : undefined
  const base = dirname(document.file)
  const known = uri?.startsWith('file:') && has(document.root, '$self') ? fileOfUrl(uri) : undefined
  const places = [...(known === undefined ? [] : [known]), resolve(base, path), resolve(base, decoded(path))]
  return places.find(place => reading.files.exists(place)) ?? known ?? places.at(-1)
}

const siblingOf = (url: string, document: LoadedDocument) =>
  resolve(dirname(document.file), basename(decoded(url.split(/[?#]/, 1)[0]!)))

function beside(
  raw: Raw,
  url: string,
  name: string,
  at: Location,
  document: LoadedDocument,
  reading: Reading,
): string | undefined {
  const sibling = siblingOf(url, document)
  const failed = `read source "${name}"`
  const option = (file: string) => `sources: { ${/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`}: '${file}' }`
  const why = unfitness(sibling, raw, document, reading)
  if (why !== undefined) {
    const found = `${url} is not on this machine, and nothing is fetched${why === '' ? '' : `; ${why}`}`
    const mayBeBeside = why === '' && isFileUrl(url)
    const copy = mayBeBeside ? `Save a copy as ${basename(sibling)} beside the document, or` : 'Save a copy, and'
    const hint = `${copy} name ${mayBeBeside ? 'a' : 'that'} file in the options: ${option('./file.yaml')}.`
    return reading.problems.addFirm({ code: 'unmapped-url', at, failed, found, hint })
  }
  const found = `${url} is not fetched; ${basename(sibling)} beside the document is used`
  const hint = `To say so in the options: ${option(`./${basename(sibling)}`)}.`
  reading.problems.warn({ code: 'unmapped-url', at, failed, found, hint })
  return sibling
}

/**
 * Whether a URL ends in the name of a file. What comes before a query is that of an endpoint, and of many documents.
 */
const isFileUrl = (url: string) => /\.(?:ya?ml|json)(?:#|$)/i.test(url) && !url.includes('?')

/** Why a file beside the document does not stand for a source: `''` where there is none, `undefined` where it does. */
function unfitness(sibling: string, raw: Raw, document: LoadedDocument, reading: Reading): string | undefined {
  if (!reading.files.exists(sibling)) return ''
  const file = `${basename(sibling)} beside the document`
  if (sibling === document.file) return `${basename(sibling)} is the document itself`
  const source = reading.files.read(sibling)
  // What cannot be read as YAML is reported as that.
  if (isUnreadable(source) || source.value === undefined) return undefined
  const type = isRaw(source.value) ? typeOf(source.value) : undefined
  if (type === undefined) return `${file} is not a description`
  const wanted = text(raw, 'type')
  const fits = wanted === undefined || wanted === type || !Object.hasOwn(NAMES, wanted)
  return fits ? undefined : `${file} is ${NAMES[type]}, and its type is "${wanted}"`
}
