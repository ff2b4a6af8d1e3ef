import type { Operation, OperationParameter, Parameter } from '../../document/model.ts'
import type { Location } from '../../errors.ts'
import { compileTemplate, type Evaluate, stringify } from '../../expression/index.ts'
import {
  deepObject,
  encodeNothing,
  encodeReserved,
  encodeStrict,
  form,
  label,
  matrix,
  simple,
} from './style.ts'

/** A parameter compiled: how to get its value, and how the value is written into its place. */
export interface ParameterPlan {
  readonly name: string
  readonly in: NonNullable<Parameter['in']>
  readonly evaluate: Evaluate
  readonly at: Location
  /** The text for a value that is there: a path segment, `n=v` pairs, a header's value, `n=v` cookies. */
  readonly write: (value: unknown) => string
}

type Declared = Pick<
  OperationParameter,
  'name' | 'in' | 'style' | 'explode' | 'allowReserved' | 'contentType'
>

const defaultStyle = {
  path: 'simple',
  header: 'simple',
  query: 'form',
  querystring: 'form',
  cookie: 'form',
} as const

function undeclared(parameter: Parameter & { in: NonNullable<Parameter['in']> }): Declared {
  const style = defaultStyle[parameter.in]
  return { name: parameter.name, in: parameter.in, style, explode: style === 'form', allowReserved: false }
}

const sameName = (a: string, b: string, place: string) =>
  place === 'header' ? a.toLowerCase() === b.toLowerCase() : a === b

export function compileParameter(parameter: Parameter, operation: Operation): ParameterPlan {
  const known = operation.parameters.find(
    candidate =>
      sameName(candidate.name, parameter.name, candidate.in) &&
      (parameter.in === undefined || candidate.in === parameter.in),
  )
  const place = parameter.in ?? known?.in ?? 'query'
  const declared = known ?? undeclared({ ...parameter, in: place })
  return {
    name: parameter.name,
    in: place,
    evaluate: compileTemplate(parameter.value),
    at: parameter.at,
    write: writer(declared),
  }
}

function writer(parameter: Declared): (value: unknown) => string {
  const { name, explode, style } = parameter
  const encode = parameter.allowReserved ? encodeReserved : encodeStrict
  if (parameter.contentType !== undefined) return contentWriter(parameter, encode)
  switch (parameter.in) {
    case 'path':
      if (style === 'label') return value => label(value, explode, encode)
      if (style === 'matrix') return value => matrix(name, value, explode, encode)
      return value => (typeof value === 'string' ? encode(value) : simple(value, explode, encode))
    case 'header':
      return value => (typeof value === 'string' ? value : simple(value, explode, encodeNothing))
    case 'cookie':
      return style === 'cookie'
        ? value => form(name, value, explode, encodeNothing, ',', '; ')
        : value => form(name, value, explode, encode, ',', '; ')
    case 'querystring':
      return value => stringify(value)
    case 'query':
      if (style === 'deepObject') return value => deepObject(name, value, encode)
      if (style === 'spaceDelimited') return value => form(name, value, explode, encode, '%20')
      if (style === 'pipeDelimited') return value => form(name, value, explode, encode, '%7C')
      return value => form(name, value, explode, encode)
  }
}

/** A `content` parameter: its value is written by its media type; JSON is the one that the specifications show. */
function contentWriter(parameter: Declared, encode: (text: string) => string): (value: unknown) => string {
  const isJson = /[/+]json\b/i.test(parameter.contentType ?? '')
  const text = (value: unknown) => (isJson ? JSON.stringify(value) : stringify(value))
  switch (parameter.in) {
    case 'header':
      return text
    case 'path':
      return value => encode(text(value))
    case 'querystring':
      return value => (typeof value === 'string' ? value : encode(text(value)))
    default:
      return value => `${encodeStrict(parameter.name)}=${encode(text(value))}`
  }
}
