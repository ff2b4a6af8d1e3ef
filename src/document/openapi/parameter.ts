import { placeOf, placeOfValue } from '../file/source-file.ts'
import type { OperationParameter } from '../model.ts'
import { has, member, object, type Raw, text } from '../raw.ts'
import { schemaOf } from './content.ts'
import type { OpenApiReader } from './reader.ts'

type In = OperationParameter['in']
type Style = OperationParameter['style']

/** The styles of each place, the default first. Source: OpenAPI 3.2.0, "Style Values". */
const STYLES: Readonly<Record<In, readonly Style[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  querystring: ['form'],
  header: ['simple'],
  cookie: ['form', 'cookie'],
}

/** Path-level parameters and those of the operation, which replace them by name and place. */
export function readParameters(lists: readonly (readonly unknown[])[], reader: OpenApiReader): OperationParameter[] {
  const parameters = new Map<string, OperationParameter>()
  for (const parameter of lists.flat().flatMap(written => readParameter(written, reader))) {
    const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
    parameters.set(`${parameter.in} ${name}`, parameter)
  }
  return [...parameters.values()]
}

function readParameter(written: unknown, reader: OpenApiReader): OperationParameter[] {
  const raw = reader.follow(written)
  if (!raw) return []
  const name = text(raw, 'name')
  const place = text(raw, 'in') as In
  if (name === undefined || !Object.hasOwn(STYLES, place ?? '')) {
    const found = name === undefined ? 'it has no `name`' : `\`in\` is ${JSON.stringify(place ?? null)}`
    reader.problems.warn({
      code: 'invalid-openapi',
      at: placeOf(raw),
      failed: `read parameter "${name ?? ''}"`,
      found: `${found}; it is left out`,
    })
    return []
  }
  const [contentType, media] = Object.entries(object(raw, 'content') ?? {})[0] ?? []
  const content = reader.follow(media)
  const style = styleOf(raw, place, name, reader)
  const explode = member(raw, 'explode')
  return [
    {
      name,
      in: place,
      required: place === 'path' || member(raw, 'required') === true,
      style,
      explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'cookie',
      allowReserved: member(raw, 'allowReserved') === true,
      ...(contentType && { contentType }),
      ...schemaOf(content ?? raw, reader),
      ...exampleOf(content ?? raw, reader),
      at: placeOfValue(raw, 'name'),
    },
  ]
}

function exampleOf(holder: Raw, reader: OpenApiReader): { example?: unknown } {
  if (has(holder, 'example')) return { example: member(holder, 'example') }
  const [first] = Object.values(object(holder, 'examples') ?? {})
  const example = reader.lookAt(first)
  return has(example, 'value') ? { example: member(example, 'value') } : {}
}

function styleOf(raw: Raw, place: In, name: string, reader: OpenApiReader): Style {
  const styles = STYLES[place]
  const style = member(raw, 'style') as Style | undefined
  if (style === undefined || styles.includes(style)) return style ?? styles[0]!
  reader.problems.warn({
    code: 'invalid-openapi',
    at: placeOfValue(raw, 'style'),
    failed: `read parameter "${name}"`,
    found: `a ${place} parameter has no style ${JSON.stringify(style)}; ${styles[0]} is used`,
    hint: `Use ${styles.join(' or ')}.`,
  })
  return styles[0]!
}

/** The names in a path template: `/pets/{id}`. */
export function namesInPath(path: string): string[] {
  return [...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!)
}
