import { splitSource } from '../../expression/index.ts'
import type { Finding } from '../problems.ts'
import type { LoadedDocument, LoadedSource } from './loaded.ts'

/** `$sourceDescriptions.<source>.<reference>`, also in braces. Operation ids may hold any character. */
export function qualifiedName(written: string, { sources }: LoadedDocument) {
  const found = /^\{?\$sourceDescriptions\.([^.{}#].*?)\}?$/s.exec(written.trim())
  return found ? splitSource(found[1]!, sources.keys()) : undefined
}

/**
 * The source of a name. One that differs in letter case only is meant when there is no other: the specification's own
 * example calls `petStoreDescription` `petstoreDescription`. `report` is told of the difference. Whoever asks uses the
 * source.
 */
export function sourceNamed(
  name: string,
  { sources, usedSources }: LoadedDocument,
  report: (finding: Pick<Finding, 'code' | 'severity' | 'found' | 'hint'>) => void,
): LoadedSource | undefined {
  const source = sources.get(name)
  usedSources.add(name)
  if (source) return source
  const [alike, other] = [...sources.values()].filter(one => one.name.toLowerCase() === name.toLowerCase())
  if (!alike || other) return undefined
  usedSources.add(alike.name)
  const found = `names of sources are case-sensitive, and it is "${alike.name}"`
  report({ code: 'operation-form', severity: 'warning', found, hint: `Write "${alike.name}".` })
  return alike
}
