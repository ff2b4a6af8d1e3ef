import { placeInside, placeOfValue } from '../file/source-file.ts'
import type { Reading } from '../loaded/loaded.ts'
import { objects, type Raw, text } from '../raw.ts'

/** The characters of a URI-reference; a percent sign begins an encoded byte. Source: RFC 3986, 4.1 and appendix A. */
const REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/

/** Matches as much of a text as is a reference. */
const BEGINNING = new RegExp(REFERENCE.source.slice(0, -1))

/**
 * Reports `$self` and `url`s that are not URI-references. A `url` that leads to a file all the same is only warned of.
 */
export function checkUris(root: Raw, reading: Reading): void {
  check(root, '$self', 'the document', 'error', reading)
  for (const source of objects(root, 'sourceDescriptions'))
    check(source, 'url', `source "${text(source, 'name') ?? ''}"`, 'warning', reading)
}

function check(owner: Raw, field: string, thing: string, severity: 'error' | 'warning', reading: Reading): void {
  const written = text(owner, field)
  if (written === undefined || (REFERENCE.test(written) && URL.canParse(written, 'http://a/'))) return
  const begun = BEGINNING.exec(written)![0].length
  const offset = begun === written.length ? -1 : begun
  reading.problems.add({
    code: 'invalid-value',
    severity,
    at: offset < 0 ? placeOfValue(owner, field) : placeInside(owner, field, offset),
    failed: `read ${thing}`,
    found: `\`${field}\` is "${written}", which is not a URI-reference`,
    hint:
      offset < 0
        ? 'Correct it, as in `https://api.example.com/shop.arazzo.yaml`.'
        : `Write "${encodeURI(written.toWellFormed()).replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')}".`,
    firm: severity === 'error',
  })
}
