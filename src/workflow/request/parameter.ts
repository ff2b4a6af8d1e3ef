import type { Operation, OperationParameter, Parameter } from '../../document/model.ts'
import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, stringify } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { writeJson } from '../../ground/json.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { compileJson } from './body.ts'
import { BodyMedia } from './body-media.ts'
import { compileFormText, writeForm } from './serialize.ts'
import {
  deepObject,
  type Encode,
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
  /** Template of its value. */
  readonly value: Template
  readonly at: Location
  /** The text for a value that is there: a path segment, `n=v` pairs, a header's value, `n=v` cookies. */
  readonly write: (value: unknown) => string
}

type Declared = Pick<OperationParameter, 'name' | 'in' | 'style' | 'explode' | 'allowReserved' | 'contentType'>

const defaultStyle = { path: 'simple', header: 'simple', query: 'form', querystring: 'form', cookie: 'form' } as const

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
    evaluate: compileValue(parameter.value, declared),
    value: parameter.value,
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
      return value => queryString(value, '')
    case 'query':
      if (style === 'deepObject') return value => deepObject(name, value, encode)
      if (style === 'spaceDelimited') return value => form(name, value, explode, encode, '%20')
      if (style === 'tabDelimited') return value => form(name, value, explode, encode, '%09')
      if (style === 'pipeDelimited') return value => form(name, value, explode, encode, '%7C')
      return value => form(name, value, explode, encode)
  }
}

/** JSON of a `content` parameter may be written as text, as a body may; what a querystring embeds adds no pairs. */
function compileValue(template: Template, declared: Declared): Evaluate {
  if (isJson(declared.contentType)) return compileJson(template).evaluate
  return declared.in === 'querystring' && template.kind === 'text'
    ? compileFormText(template)
    : compileTemplate(template)
}

/** A `content` parameter: its value is written by its media type. */
function contentWriter(parameter: Declared, encode: Encode): (value: unknown) => string {
  const { name, contentType = '' } = parameter
  const text = (value: unknown) => contentText(value, contentType)
  switch (parameter.in) {
    case 'header':
      return text
    case 'path':
      return value => encode(text(value))
    case 'querystring':
      return value => queryString(value, contentType)
    default:
      return value => `${encodeStrict(name)}=${encode(text(value))}`
  }
}

function contentText(value: unknown, contentType: string): string {
  if (isJson(contentType)) return writeJson(value)!
  return isForm(contentType) && isObject(value) ? writeForm(value, noMedia) : stringify(value)
}

/**
 * The whole query. Text is used unchanged, except characters that a query cannot contain. An object is serialized by
 * its media type, by default as a form. Source: OpenAPI 3.2.0, "Parameter Object", `in: querystring`.
 */
function queryString(value: unknown, contentType: string): string {
  if (isJson(contentType)) return encodeStrict(writeJson(value)!)
  if (isObject(value)) return writeForm(value, noMedia)
  return encodeReserved(stringify(value).replace(/^\?/, ''))
}

const isJson = (contentType: string | undefined) => isJsonType(contentType ?? '')
const isForm = (contentType: string) => /^application\/x-www-form-urlencoded\b/i.test(contentType)
const noMedia = new BodyMedia(undefined, undefined)
