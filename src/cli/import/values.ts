import { isObject } from '../../ground/object.ts'
import { isSecretHeader } from '../../workflow/secrets.ts'
import { isOfWords } from './shapes.ts'

/** Classification of members and parameters by their names and the form of their values. */
/** The words of a name, lower case, with `_` between: `pet_id` of `petId` and `pet-id`. */
const words = (name: string) =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
const ID = /(^|_)(id|ids|key|code|slug|uuid|guid|ref|number|nonce|etag|cursor|handle)$/
const ID_OF_THING = /(^|_)(id|ids|uuid|guid|ref|number|idempotency_key)$/
const TOKEN = /csrf|xsrf|(^|_)(token|jwt|ticket)$/
const PASSWORD = /(^|_)(pass|password|passwd|passphrase|pwd)$/

/** Words that make a name that of a secret wherever they stand in it. */
const SECRET_WORD = new RegExp(
  'passw(or)?d|passphrase|passcode|secret(?!ar)|(access|auth|api|id|refresh)token|(mfa|otp)code|' +
    '(^|_)(pwd|mfa|[2t]fa|otp|totp|credentials?|assertion|saml|saml_?re\\w+|verifier|apikey|mnemonic)\\d*(_|$)',
)

/** Ends of such a name that make it say something of the secret. */
const ABOUT = new RegExp(
  '(type|name|enabled|disabled|required|methods?|policy|count|length|status|supported|version|format|' +
    '_(at|expir\\w+|url|uri|hint|alg\\w*))$',
)

/** Words that a secret's name ends with. */
const SECRET_END = new RegExp(
  '(^|_)(pass\\d?|passkey|authorization|auth|bearer|pin|cvv2?|cvc2?|iban|ssn|session|\\w*sess(ion)?_?id|' +
    'sid|signature|sig|hmac|card_?number|(recovery|seed)_phrase|security_answer|d_?po_?p|' +
    '(\\w*api|access|private|subscription|licen[cs]e|encryption|signing|master|account|storage|auth|' +
    'client|app|functions?)_?key(_?id)?|' +
    '(auth|authorization|verification|confirmation|security|login|sms|email|backup|recovery|reset|activation|invite|' +
    'invitation|device|access|user|time|factor|pairing|unlock)_?code)$',
)
const USER = /^(user(_?name)?|login|e?_?mail|account)$/

export const isIdName = (name: string): boolean => ID.test(words(name)) || TOKEN.test(words(name))

/** Whether a name is that of an id, and of nothing else that is hard to guess. */
export const isIdOfThing = (name: string): boolean => ID_OF_THING.test(words(name)) && !isSecretName(name)

/** Whether a value of that name is made by the server, to be shown again. */
export const isTokenName = (name: string): boolean => TOKEN.test(words(name))

export const isPasswordName = (name: string): boolean => PASSWORD.test(words(name))

/** Whether a value with that name is confidential. */
export function isSecretName(name: string): boolean {
  const key = words(name)
  return SECRET_END.test(key) || TOKEN.test(key) || isSecretHeader(name) || (SECRET_WORD.test(key) && !ABOUT.test(key))
}

/** Keys and codes that are no secrets by their names alone. */
const KEY = /(^|_)key$/
const PLAIN_KEY = /(sort|order|cache|primary|foreign|partition|group|idempotency|row|i18n|message)_key$/

/**
 * Whether a name and its value are those of a secret: `?key=` with a value that is no word, and
 * a `code` of digits.
 *
 * @param isParameter whether it is of a query or a header, and not a member of a body.
 */
export function isSecretField(name: string, value: string, isParameter: boolean): boolean {
  if (isSecretName(name)) return true
  const key = words(name)
  if (key === 'code') return /^\d{4,8}$/.test(value)
  if (!isParameter || !KEY.test(key) || PLAIN_KEY.test(key)) return false
  return value.length >= (key === 'key' ? 6 : 8) && (key === 'key' || value.length >= 20 || !isOfWords(value))
}

/** Whether a name is that of the user, next to a password. */
export const isUserName = (name: string): boolean => USER.test(words(name))

/**
 * Each text of a JSON value with the name nearest to it, and the names themselves with nothing. Below the name of a
 * secret all texts have that name, and the value of `{ name: 'password', value }` has the name next to it.
 */
export function* keysAndTexts(value: unknown, name = 'body'): Generator<[name: string, text: string]> {
  if (Array.isArray(value)) for (const item of value) yield* keysAndTexts(item, name)
  else if (isObject(value)) {
    const given = [value.name, value.key, value.field].find(one => typeof one === 'string' && isSecretName(one))
    for (const [key, item] of Object.entries(value)) {
      const own = key === 'value' && given !== undefined ? String(given) : key
      yield* keysAndTexts(item, SECRET_WORD.test(words(name)) && !ABOUT.test(words(key)) ? name : own)
    }
  } else yield [name, typeof value === 'string' ? value : '']
}
