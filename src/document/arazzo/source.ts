import { basename, dirname, resolve } from 'node:path'
import { decoded } from '../../ground/tried.ts'
import { baseUriOf, fileOfUrl, isUnreadable, resolveUri } from '../file/files.ts'
import { placeOfValue } from '../file/source-file.ts'
import { type LoadedDocument, type LoadedSource, reportOf, type SourceReading } from '../loaded/loaded.ts'
import { has, isRaw, member, type Raw, text } from '../raw.ts'

/** A source that is read, and the Source Description Object that names it. */
interface Source {
  readonly raw: Raw
  readonly name: string
  readonly document: LoadedDocument
}

const reportOfSource = ({ name, document }: Source) => reportOf({ thing: `source "${name}"`, document })

/** Reads what a Source Description Object names. What cannot be read is reported at its `url`. */
export function loadSource(raw: Raw, of: SourceReading): LoadedSource {
  const { name, document } = of
  const { reading } = document
  const broken: LoadedSource = { name, raw, type: 'broken' }
  const url = text(raw, 'url')
  if (!url) return broken
  const at = placeOfValue(raw, 'url')
  const mapped = reading.options.sources?.[name]
  const file = locateSource({ raw, name, document }, url)
  if (file === undefined) return broken
  of.file = file
  const source = reading.files.read(file)
  if (isUnreadable(source)) {
    const from = mapped === undefined ? url : `${mapped}, by the option "sources"`
    reading.problems.about(`read source "${name}" (${from})`).firm('unreadable-file', at, source)
    return broken
  }
  const { value } = source
  if (value === undefined) return broken
  const type = typeOf(value)
  if (!isRaw(value) || !type) {
    const found = 'the file is not an OpenAPI, Arazzo or AsyncAPI description'
    const hint = 'Its first field should be `openapi`, `arazzo` or `asyncapi`.'
    reportOfSource({ raw, name, document }).firm('invalid-source', at, { found, hint })
    return broken
  }
  const written = text(raw, 'type')
  if (!fits(type, written)) {
    const found = `its type is "${written}", and the file is ${NAMES[type]}`
    const what = { found, hint: `Write \`type: ${type}\`.` }
    reportOfSource({ raw, name, document }).error('invalid-source', placeOfValue(raw, 'type'), what)
  }
  if (type === 'asyncapi') return { name, raw, type, asyncapi: reading.asyncApi({ ...source, value }) }
  if (type === 'arazzo') {
    const loaded = reading.document(source.file)
    return loaded ? { name, raw, type, document: loaded } : broken
  }
  const api = reading.api(source)
  return api ? { name, raw, type, api } : broken
}

/** Whether a file of this type is what a source says; a type that there is not has been reported. */
const fits = (type: SourceType, written: string | undefined) =>
  written === undefined || written === type || !Object.hasOwn(NAMES, written)

/**
 * Local file for a source's `url`. The order is: the file in the options; a document with that `$self`; the path of a
 * relative or `file:` URL, relative to the document; a file of the same name next to the document, if its type fits and
 * it is not the document itself. Nothing is fetched. Returns `undefined` after a report that it is missing. Source:
 * Arazzo 1.1.0, "Identity-Based Referencing".
 */
function locateSource(source: Source, url: string): string | undefined {
  const { files, options, file } = source.document.reading
  const mapped = options.sources?.[source.name]
  if (mapped !== undefined) return (mapped.startsWith('file:') && fileOfUrl(mapped)) || resolve(dirname(file), mapped)
  const uri = uriOf(url, source.document)
  const place = placeOf(url, uri, source.document)
  if (place !== undefined && files.exists(place) && uri?.startsWith('file:')) return place
  const known = uri === undefined ? undefined : files.withSelf(uri)
  return known ?? place ?? beside(source, url)
}

/**
 * The URI of a source whose file is not known for certain before all documents are: any of them may call itself so.
 * `isHere` tells whether there is a file to fall back on.
 */
export function uriToIdentify(source: Source): { uri: string; isHere: boolean } | undefined {
  const { document, name, raw } = source
  const { files, options } = document.reading
  const url = text(raw, 'url')
  if (!url || options.sources?.[name] !== undefined) return undefined
  const uri = uriOf(url, document)
  if (uri === undefined) return undefined
  const place = placeOf(url, uri, document)
  const isHere = place === undefined ? unfitness(siblingOf(url, document), source) === undefined : files.exists(place)
  return isHere && uri.startsWith('file:') ? undefined : { uri, isHere }
}

const uriOf = (url: string, { file, root }: LoadedDocument) => resolveUri(url, baseUriOf({ file, value: root }))

/**
 * The path of a relative or `file:` URL: by its URI, else, where `$self` leads elsewhere, from where the document is.
 */
function placeOf(url: string, uri: string | undefined, document: LoadedDocument): string | undefined {
  const path = url.split(/[?#]/, 1)[0]!
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1]?.toLowerCase()
  if (scheme !== undefined) return scheme === 'file' ? fileOfUrl(path) : undefined
  const base = dirname(document.file)
  const known = uri?.startsWith('file:') && has(document.root, '$self') ? fileOfUrl(uri) : undefined
  const places = [...(known === undefined ? [] : [known]), resolve(base, path), resolve(base, decoded(path))]
  return places.find(place => document.reading.files.exists(place)) ?? known ?? places.at(-1)
}

const siblingOf = (url: string, document: LoadedDocument) =>
  resolve(dirname(document.file), basename(decoded(url.split(/[?#]/, 1)[0]!)))

function beside(source: Source, url: string): string | undefined {
  const { raw, name, document } = source
  const sibling = siblingOf(url, document)
  const report = reportOfSource(source)
  const at = placeOfValue(raw, 'url')
  const option = (file: string) => `sources: { ${/^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`}: '${file}' }`
  const why = unfitness(sibling, source)
  if (why !== undefined) {
    const found = `${url} is not on this machine, and nothing is fetched${why === '' ? '' : `; ${why}`}`
    const mayBeBeside = why === '' && isFileUrl(url)
    const copy = mayBeBeside ? `Save a copy as ${basename(sibling)} next to the document, or` : 'Save a copy, and'
    const hint = `${copy} name ${mayBeBeside ? 'a' : 'that'} file in the options: ${option('./file.yaml')}.`
    return report.firm('unmapped-url', at, { found, hint })
  }
  const found = `${url} is not fetched; ${basename(sibling)} next to the document is used`
  report.warn('unmapped-url', at, { found, hint: `To say so in the options: ${option(`./${basename(sibling)}`)}.` })
  return sibling
}

/**
 * Whether a URL ends in the name of a file. What comes before a query is that of an endpoint, and of many documents.
 */
const isFileUrl = (url: string) => /\.(?:ya?ml|json)(?:#|$)/i.test(url) && !url.includes('?')

/** Reason why a file next to the document cannot replace a source: `''` if there is no file, `undefined` if it can. */
function unfitness(sibling: string, { raw, document }: Source): string | undefined {
  const { files } = document.reading
  if (!files.exists(sibling)) return ''
  const file = `${basename(sibling)} next to the document`
  if (sibling === document.file) return `${basename(sibling)} is the document itself`
  const source = files.read(sibling)
  // Files that are not valid YAML are reported elsewhere.
  if (isUnreadable(source) || source.value === undefined) return undefined
  const type = typeOf(source.value)
  if (type === undefined) return `${file} is not a description`
  const wanted = text(raw, 'type')
  return fits(type, wanted) ? undefined : `${file} is ${NAMES[type]}, and its type is "${wanted}"`
}

type SourceType = 'openapi' | 'arazzo' | 'asyncapi'

export const NAMES: Readonly<Record<SourceType, string>> = {
  openapi: 'an OpenAPI description',
  arazzo: 'an Arazzo document',
  asyncapi: 'an AsyncAPI description',
}

/** Type of a document, by the field with the specification's version. */
export function typeOf(root: unknown): SourceType | undefined {
  if (!isRaw(root)) return undefined
  const field = ['arazzo', 'asyncapi', 'openapi', 'swagger'].find(name => member(root, name) !== undefined)
  return field === 'swagger' ? 'openapi' : (field as SourceType | undefined)
}
