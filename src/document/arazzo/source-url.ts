import { basename, dirname, resolve } from 'node:path'
import type { Location } from '../../errors.ts'
import { decode, fileOfUrl } from '../file/pointer.ts'
import { text } from '../raw.ts'
import type { LoadedDocument, Reading } from './loaded.ts'

/**
 * The file that a source's `url` stands for, on this machine: the file named in the options, else the path of a relative
 * or `file:` URL, else, since nothing is fetched, a document that calls itself so (`$self`) or a file of the same
 * name beside the document. `undefined` after it was reported that there is none.
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
  const path = url.split(/[?#]/, 1)[0]!
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(path)?.[1]?.toLowerCase()
  if (scheme === undefined) return relativeFile(path, document, reading)
  const local = scheme === 'file' ? fileOfUrl(path) : undefined
  if (local !== undefined) return local
  const known = reading.documentWithSelf(url)
  if (known) return known.file
  const sibling = resolve(dirname(document.file), basename(decode(path)))
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

/** Relative to where the document is, also when its `$self` says that it belongs elsewhere. */
function relativeFile(path: string, document: LoadedDocument, reading: Reading): string {
  const base = dirname(document.file)
  const written = resolve(base, path)
  const decoded = resolve(base, decode(path))
  if (written === decoded || reading.files.exists(written)) return written
  const self = text(document.root, '$self')
  if (!reading.files.exists(decoded) && self && URL.canParse(path, self)) {
    const known = reading.documentWithSelf(new URL(path, self).href)
    if (known) return known.file
  }
  return decoded
}
