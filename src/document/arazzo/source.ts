import { suggestion } from '../../ground/errors.ts'
import { isUnreadable } from '../file/files.ts'
import { placeOfValue } from '../file/source-file.ts'
import type { LoadedDocument, LoadedSource, Reading, SourceReading } from '../loaded/loaded.ts'
import type { Finding } from '../problems.ts'
import { isRaw, type Raw, text } from '../raw.ts'
import { NAMES, type SourceType, typeOf } from './kind.ts'
import { locateSource } from './source-url.ts'

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

/**
 * Adds what was found in sources. A source that nothing uses need not be there: what keeps it from being read is a
 * warning, unless another that is used has the same file.
 */
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
