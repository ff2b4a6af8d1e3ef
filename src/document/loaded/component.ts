import { placeInside } from '../file/source-file.ts'
import { object, type Raw, text } from '../raw.ts'
import { suggest } from '../suggest.ts'
import type { LoadedDocument, Reading } from './loaded.ts'

export type ComponentType = 'parameters' | 'successActions' | 'failureActions'

/** What a Reusable Object refers to; components are those of its own document. */
export function componentOf(reusable: Raw, type: ComponentType, { root }: LoadedDocument): Raw | undefined {
  const reference = parse(text(reusable, 'reference') ?? '')
  if (reference?.type !== type) return undefined
  return object(object(object(root, 'components'), type), reference.name)
}

/** Component, with a report of why there is none. */
export function resolveComponent(
  reusable: Raw,
  type: ComponentType,
  document: LoadedDocument,
  reading: Reading,
): Raw | undefined {
  const component = componentOf(reusable, type, document)
  const written = text(reusable, 'reference')
  if (component || written === undefined) return component
  const reference = parse(written)
  const components = object(object(document.root, 'components'), type) ?? {}
  const fits = reference?.type === type
  reading.problems.addFirm({
    code: 'undefined-component',
    at: placeInside(reusable, 'reference', 0),
    failed: `resolve ${written}`,
    found: fits
      ? `\`components.${type}\` has no "${reference.name}"`
      : `it is not a reference to \`components.${type}\``,
    hint: fits ? suggest(reference.name, Object.keys(components), type) : `Write $components.${type}.<name>.`,
  })
  return undefined
}

function parse(reference: string): { type: string; name: string } | undefined {
  const found = /^\{?\$components\.(\w+)\.(.+?)\}?$/.exec(reference.trim())
  return found ? { type: found[1]!, name: found[2]! } : undefined
}
