import { basename, dirname, resolve } from 'node:path'
import { type Location, suggestion } from '../../ground/errors.ts'
import { decoded } from '../../ground/tried.ts'
import { baseUriOf, fileOfUrl, isUnreadable, resolveUri } from '../file/files.ts'
import { placeOfValue } from '../file/source-file.ts'
import type { LoadedDocument, LoadedSource, Reading, SourceReading } from '../loaded/loaded.ts'
import type { Finding } from '../problems.ts'
import { has, isRaw, member, type Raw, text } from '../raw.ts'

/** Reads what a Source Description Object names. What cannot be read is reported at its `url`. */
export function loadSource(raw: Raw, of: SourceReading, reading: Reading): LoadedSource {
  const { name, document } = of
  const broken: LoadedSource = { name, raw, type: 'broken' }
  const url = text(raw, 'url')
  if (!url) return broken
  const at = placeOfValue(raw, 'url')
  const failed = `read source "${name}"`
  const mapped = reading.options.sources?.[name]
  const file = locateSource(raw, url, name, at, document, reading)
  if (file === undefined) return broken
  of.file = file
  const source = reading.files.read(file)
  if (isUnreadable(source)) {
    reading.problems.addFirm({
      code: 'unreadable-file',
      at,
      failed: `${failed} (${mapped === undefined ? url : `${mapped}, by the option "sources"`})`,
      found: source.found,
      hint: source.hint,
    })
    return broken
  }
  if (source.value === undefined) return broken
  const type = isRaw(source.value) ? typeOf(source.value) : undefined
  if (!isRaw(source.value) || !type) {
    const found = 'the file is not an OpenAPI, Arazzo or AsyncAPI description'
    const hint = 'Its first field should be `openapi`, `arazzo` or `asyncapi`.'
    reading.problems.addFirm({ code: 'invalid-source', at, failed, found, hint })
    return broken
  }
  checkType(raw, type, failed, reading)
  if (type === 'asyncapi') {
    const described = { ...source, value: source.value }
    return { name, raw, type, asyncapi: reading.asyncApi(described) }
  }
  if (type === 'arazzo') {
    const loaded = reading.document(source.file)
    return loaded ? { name, raw, type, document: loaded } : broken
  }
  const api = reading.api(source)
  return api ? { name, raw, type, api } : broken
}

function checkType(raw: Raw, type: SourceType, failed: string, reading: Reading): void {
  const written = text(raw, 'type')
  if (written === undefined || written === type || !Object.hasOwn(NAMES, written)) return
  reading.problems.add({
    code: 'invalid-source',
    at: placeOfValue(raw, 'type'),
    failed,
    found: `its type is "${written}", and the file is ${NAMES[type]}`,
    hint: `Write \`type: ${type}\`.`,
  })
}

/** Adds the problems of sources. Problems of an unused source are warnings, unless a used source has the same file. */
export function settleSources(reading: Reading): void {
  const isBroken = ({ name, document }: SourceReading) => document.sources.get(name)?.type === 'broken'
  const isUsed = ({ name, document }: SourceReading) => document.usedSources.has(name)
  const needed = new Set(reading.sources.filter(isUsed).map(({ file }) => file))
  for (const source of reading.sources) {
    const isNeeded = isUsed(source) || (source.file !== undefined && needed.has(source.file))
    const isMissed = isNeeded || !isBroken(source)
    for (const finding of source.found) reading.problems.add(isMissed ? finding : asWarning(finding))
  }
}

function asWarning(finding: Finding): Finding {
  if (finding.severity === 'warning') return finding
  return { ...finding, severity: 'warning', firm: false, found: `${finding.found}; nothing uses the source` }
}

/** Files may be named for sources; a name that no source has is a mistake. */
export function checkSourceOptions(document: LoadedDocument, reading: Reading): void {
  for (const name of Object.keys(reading.options.sources ?? {})) {
    if (document.sources.has(name)) continue
    reading.problems.warn({
      code: 'undefined-source',
      at: placeOfValue(document.root, 'sourceDescriptions'),
      failed: `read the option \`sources: { ${JSON.stringify(name)}: … }\``,
      found: 'the document has no such source',
      hint:
        suggestion(name, document.sources.keys()) ??
        `Its sources are ${[...document.sources.keys()].join(', ') || 'none'}.`,
    })
  }
}

/**
 * Local file for a source's `url`. The order is: the file in the options; a document with that `$self`; the path of a
 * relative or `file:` URL, relative to the document; a file of the same name next to the document, if its type fits and
 * it is not the document itself. Nothing is fetched. Returns `undefined` after a report that it is missing. Source:
 * Arazzo 1.1.0, "Identity-Based Referencing".
 */
function locateSource(
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
    const copy = mayBeBeside ? `Save a copy as ${basename(sibling)} next to the document, or` : 'Save a copy, and'
    const hint = `${copy} name ${mayBeBeside ? 'a' : 'that'} file in the options: ${option('./file.yaml')}.`
    return reading.problems.addFirm({ code: 'unmapped-url', at, failed, found, hint })
  }
  const found = `${url} is not fetched; ${basename(sibling)} next to the document is used`
  const hint = `To say so in the options: ${option(`./${basename(sibling)}`)}.`
  reading.problems.warn({ code: 'unmapped-url', at, failed, found, hint })
  return sibling
}

/**
 * Whether a URL ends in the name of a file. What comes before a query is that of an endpoint, and of many documents.
 */
const isFileUrl = (url: string) => /\.(?:ya?ml|json)(?:#|$)/i.test(url) && !url.includes('?')

/** Reason why a file next to the document cannot replace a source: `''` if there is no file, `undefined` if it can. */
function unfitness(sibling: string, raw: Raw, document: LoadedDocument, reading: Reading): string | undefined {
  if (!reading.files.exists(sibling)) return ''
  const file = `${basename(sibling)} next to the document`
  if (sibling === document.file) return `${basename(sibling)} is the document itself`
  const source = reading.files.read(sibling)
  // Files that are not valid YAML are reported elsewhere.
  if (isUnreadable(source) || source.value === undefined) return undefined
  const type = isRaw(source.value) ? typeOf(source.value) : undefined
  if (type === undefined) return `${file} is not a description`
  const wanted = text(raw, 'type')
  const fits = wanted === undefined || wanted === type || !Object.hasOwn(NAMES, wanted)
  return fits ? undefined : `${file} is ${NAMES[type]}, and its type is "${wanted}"`
}

type SourceType = 'openapi' | 'arazzo' | 'asyncapi'

export const NAMES: Readonly<Record<SourceType, string>> = {
  openapi: 'an OpenAPI description',
  arazzo: 'an Arazzo document',
  asyncapi: 'an AsyncAPI description',
}

/** Type of a document, by the field with the specification's version. */
export function typeOf(root: Raw): SourceType | undefined {
  if (member(root, 'arazzo') !== undefined) return 'arazzo'
  if (member(root, 'asyncapi') !== undefined) return 'asyncapi'
  return member(root, 'openapi') !== undefined || member(root, 'swagger') !== undefined ? 'openapi' : undefined
}
