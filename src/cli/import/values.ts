import { isObject } from '../../ground/object.ts'
import { isSecretHeader } from '../../workflow/secrets.ts'

/** What the names of members and parameters, and the forms of values, say of them. */

/** The last word of a name: `id` of `petId`, `pet_id` and `pet-id`. */
const words = (name: string) => name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

const ID = /(^|[^a-z])(id|ids|key|code|slug|uuid|guid|ref|number|nonce|etag|cursor|handle)$/
const TOKEN = /csrf|xsrf|(^|[^a-z])(token|jwt|ticket)$/
const PASSWORD = /(^|[^a-z])(pass|password|passwd|passphrase|pwd)$/
const SECRET = new RegExp(
  '(^|[^a-z])(pass|password|passwd|passphrase|pwd|secret|api_?key|access_?key|private_?key|credentials?|' +
    'authorization|auth|otp|totp|pin|cvv|cvc|card_?number|iban|session|session_?id|sid|signature|sig)$',
)
const USER = /^(user(_?name)?|login|e?_?mail|account)$/

export const isIdName = (name: string): boolean => ID.test(words(name)) || TOKEN.test(words(name))

/** Whether a value of that name is made by the server, to be shown again. */
export const isTokenName = (name: string): boolean => TOKEN.test(words(name))

export const isPasswordName = (name: string): boolean => PASSWORD.test(words(name))

/** Whether a value of that name is for nobody else. */
export const isSecretName = (name: string): boolean =>
  SECRET.test(words(name)) || TOKEN.test(words(name)) || isSecretHeader(name)

/** Whether a name is that of whoever logs in, beside a password. */
export const isUserName = (name: string): boolean => USER.test(words(name))

/** A piece of a path that is the id of something: digits, a UUID, or what nobody would call a thing. */
export function looksLikeId(segment: string): boolean {
  return (
    /^\d+$/.test(segment) ||
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(segment) ||
    /^[0-9a-f]{12,}$/i.test(segment) ||
    (segment.length >= 16 && /\d/.test(segment) && /^[\w~-]+$/.test(segment))
  )
}

export type Scalar = string | number | bigint | boolean

/** Whether a value of a response may be known again: an id by its name, or a text that is hardly there by chance. */
export function isTelling(name: string, value: Scalar): boolean {
  if (typeof value === 'boolean' || value === '') return false
  if (isIdName(name)) return true
  return typeof value === 'string' && value.length >= 16 && !/\s|^\d{4}-\d\d-\d\d|^https?:/.test(value)
}

/** Each scalar of a JSON value, with the keys that lead to it. */
export function* scalarsOf(value: unknown, path: readonly string[] = []): Generator<[readonly string[], Scalar]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.slice(0, MOST_ITEMS).entries()) yield* scalarsOf(item, [...path, String(index)])
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* scalarsOf(item, [...path, key])
  } else if (value !== null && value !== undefined) yield [path, value as Scalar]
}

/** Items of a list that are looked at. */
const MOST_ITEMS = 1_000

/** Text of a query as the value that it is written from: a number only where it is written so. */
export function typed(text: string): string | number {
  return /^-?\d{1,15}$/.test(text) && String(Number(text)) === text ? Number(text) : text
}
