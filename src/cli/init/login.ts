import type { OpenApiDescription, Operation } from '../../document/model.ts'
import { isRaw, list, member, object, type Raw, text } from '../../document/raw.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { pointerThrough } from '../../ground/pointer.ts'
import { type Follow, givenValue, successSchemaOf } from './operations.ts'

/** An operation that gives a user what further requests have to carry. */
export interface Login {
  operation: Operation
  /** Security schemes whose requirements it meets. */
  schemes: readonly string[]
  /** Request body in which the credentials are inputs of the workflow. */
  body: Raw
  /** Inputs, with the value that the description gives as an example; the last one is a secret. */
  inputs: readonly { name: string; example?: string }[]
  /** JSON Pointer of the token in the response; undefined where a cookie carries it. */
  token?: string
}
const WORDS = /(^|[^a-z])((log|sign)[-_ ]?in|authenticat\w*|auth|sessions?|tokens?)$/i
const USER = /^(user(_?name)?|login|e?mail|account|name)$/i
const PASSWORD = /^(pass(word|wd|phrase)?|pwd)$/i
const TOKEN = /^((access|auth|bearer|id|session)[-_]?)?(token|jwt)$/i

/**
 * Login operation for the description's bearer tokens or session cookies: it needs no credentials, is named like a
 * login, and takes a user and a password. Undefined if it does not exist.
 */
export function loginOf(description: OpenApiDescription, follow: Follow): Login | undefined {
  const { operations, securitySchemes } = description
  const asked = new Set(operations.flatMap(({ security }) => security.flatMap(Object.keys)))
  const schemesOf = (kind: 'token' | 'cookie') =>
    [...asked].filter(name => kindOf(follow(securitySchemes[name])) === kind)
  for (const operation of operations) {
    if (operation.method !== 'POST' || !isCalledLogin(operation) || operation.security.some(isNeeded)) continue
    const form = formOf(operation, follow)
    if (form === undefined) continue
    const token = tokenIn(successSchemaOf(operation, follow), follow)
    const schemes = schemesOf(token === undefined ? 'cookie' : 'token')
    if (schemes.length > 0) return { operation, schemes, ...form, ...(token !== undefined && { token }) }
  }
  return undefined
}
const isNeeded = (requirement: object) => Object.keys(requirement).length > 0

/** Whether an operation cannot be called without having logged in. */
export function needsLogin({ security }: Operation, login: Login | undefined): boolean {
  if (login === undefined || security.length === 0 || !security.every(isNeeded)) return false
  return Object.keys(security[0]!).some(scheme => login.schemes.includes(scheme))
}

function kindOf(scheme: unknown): 'token' | 'cookie' | undefined {
  if (!isRaw(scheme)) return undefined
  if (text(scheme, 'type') === 'http' && text(scheme, 'scheme')?.toLowerCase() === 'bearer') return 'token'
  return text(scheme, 'type') === 'apiKey' && text(scheme, 'in') === 'cookie' ? 'cookie' : undefined
}

function isCalledLogin({ operationId, path }: Operation): boolean {
  const words = operationId?.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
  return WORDS.test(path) || (words !== undefined && WORDS.test(words))
}

/** Body of a login, if it has a user and a password and all other required values are given. */
function formOf({ requestBody }: Operation, follow: Follow): Pick<Login, 'body' | 'inputs'> | undefined {
  for (const { type, schema: place } of requestBody?.content ?? []) {
    if (!isJsonType(type) && !/x-www-form-urlencoded/.test(type)) continue
    const schema = follow(place?.schema)
    const properties = isRaw(schema) ? (object(schema, 'properties') ?? {}) : {}
    const names = Object.keys(properties)
    const [user, password] = [names.find(name => USER.test(name)), names.find(name => PASSWORD.test(name))]
    if (user === undefined || password === undefined) continue
    const others = list(schema as Raw, 'required').filter(name => name !== user && name !== password)
    const given = others.map(name => [String(name), givenValue(properties[String(name)], follow)] as const)
    if (given.some(([, value]) => value === undefined)) continue
    const payload = { [user]: `$inputs.${user}`, [password]: `$inputs.${password}`, ...Object.fromEntries(given) }
    const whole = givenValue(schema, follow)
    const inputs = [user, password].map(name => {
      const example = (isRaw(whole) ? whole[name] : undefined) ?? givenValue(properties[name], follow)
      return typeof example === 'string' ? { name, example } : { name }
    })
    return { body: { contentType: type, payload }, inputs }
  }
  return undefined
}

/** Place of the token in a response: among its members, or one level below. */
function tokenIn(schema: unknown, follow: Follow): string | undefined {
  const properties = isRaw(schema) ? (object(schema, 'properties') ?? {}) : {}
  const own = Object.keys(properties).find(name => TOKEN.test(name) && isText(follow(properties[name])))
  if (own !== undefined) return pointerThrough([own])
  for (const [name, value] of Object.entries(properties)) {
    const inner = follow(value)
    const below = isRaw(inner) ? (object(inner, 'properties') ?? {}) : {}
    const found = Object.keys(below).find(key => TOKEN.test(key) && isText(follow(below[key])))
    if (found !== undefined) return pointerThrough([name, found])
  }
  return undefined
}
const isText = (schema: unknown) => isRaw(schema) && [member(schema, 'type')].flat().includes('string')
