import { rules } from '@secretlint/secretlint-rule-preset-recommend'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { isSecretHeader } from '../../workflow/secrets.ts'
import { fieldsIn, type Recorded } from './har.ts'

/** A text that is not for a file. */
export interface SecretMatch {
  name: string
  value: string
  /** Whether nothing but that it is long and random speaks for a secret. */
  isRandom: boolean
}

/** A text that a request sends, and where: names of parameters and members are texts as well. */
interface Sent {
  name: string
  text: string
  place: 'path' | 'query' | 'header' | 'body'
  /** Whether the text is itself the name of a parameter or member. */
  isName?: true
}

/** Segments of a path behind which a secret stands. */
const BEFORE_SECRET = /reset|verif|confirm|invit|token|secret|session|key|magic|unsubscri|shar/i

/**
 * Headers that belong to a browser, or that every request has: they are in no document. `cookie` is looked at apart.
 */
export const BROWSERS = new RegExp(
  '^(host|connection|keep-alive|user-agent|origin|referer|cookie|content-length|content-type|' +
    'accept-(encoding|language|charset)|cache-control|pragma|priority|dnt|te|upgrade.*|sec-.*|if-modified-since|' +
    'if-none-match|proxy-.*|x-requested-with|traceparent|tracestate|baggage|sentry-trace|forwarded|via|' +
    'x-forwarded-.*)$',
)

/** Secrets that requests send, by name or by form, and long random texts. */
export async function secretsIn(calls: readonly Recorded[]): Promise<SecretMatch[]> {
  const sent = calls.flatMap(call => [...textsOf(call)])
  const findings = sent.flatMap(one => [...findingsIn(one)])
  const issued = await issuedIn(sent.map(({ text }) => text))
  // `csrfmiddlewaretoken` is no word, and the name of a secret, not one.
  const random = sent.flatMap(({ name, text, isName }) =>
    isName && isSecretName(text)
      ? []
      : randomIn(text).flatMap(value =>
          isIdOfThing(name) && isIdForm(value) ? [] : [{ name, value, isRandom: true }],
        ),
  )
  return [...findings, ...issued.map(([name, value]) => ({ name, value, isRandom: false })), ...random]
}

function* textsOf({ url, headers, body }: Recorded): Generator<Sent> {
  const segments = url.pathname.split('/').map(decoded)
  for (const [i, text] of segments.entries()) {
    const before = segments[i - 1] ?? ''
    const name = BEFORE_SECRET.test(before) ? before : `${before}-id`
    if (text !== '') yield { name, text, place: 'path' }
  }
  for (const [name, text] of url.searchParams) yield* member(name, text, 'query')
  for (const [name, text] of headers) if (!BROWSERS.test(name)) yield { name, text, place: 'header' }
  if (body === undefined) return
  const value = isJsonType(body.type) ? tried(() => JSON.parse(body.text) as unknown) : undefined
  if (value !== undefined) for (const [name, text] of keysAndTexts(value)) yield* member(name, text, 'body')
  else if (essenceOf(body.type) === 'application/x-www-form-urlencoded')
    for (const [name, text] of new URLSearchParams(body.text)) yield* member(name, text, 'body')
  else yield { name: 'body', text: body.text, place: 'body' }
}

function* member(name: string, text: string, place: Sent['place']): Generator<Sent> {
  yield { name: 'name', text: name, place, isName: true }
  if (text !== '') yield { name, text, place }
}

function* findingsIn({ name, text, place }: Sent): Generator<SecretMatch> {
  const isSecret =
    place === 'path'
      ? BEFORE_SECRET.test(name) && /^(?=.*\d).{6,}$/.test(text)
      : isSecretField(name, text, place !== 'body')
  if (isSecret) yield { name, value: text.replace(/^[A-Za-z]+ (?=\S+$)/, ''), isRandom: false }
  const fields = [...new Set([text, decoded(text)])]
    .flatMap(fieldsIn)
    .filter(([field, value]) => isSecretField(field, value, text.includes('?')))
  for (const [field, value] of [...fields, ...formsIn(text)]) {
    // A secret that is too short to be searched for takes the text around it along.
    yield value.length < LEAST ? { name, value: text, isRandom: false } : { name: field, value, isRandom: false }
  }
}

/** Characters of the shortest secret that is looked for: a shorter one is in every other text by chance. */
export const LEAST = 6

/* Finds secrets by the form of a text, without its name. */

/** A secret in a text, and what it is called if nothing else names it. */
type Shaped = readonly [name: string, value: string]

/** Forms that are secrets of any service. Each has the secret as its last group, else it is the whole. */
const FORMS: readonly (readonly [name: string, form: RegExp])[] = [
  ['jwt', /\beyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g],
  ['bearer', /\b(?:Bearer|DPoP|Negotiate)\s+([\w+/=.~-]{6,})/gi],
  ['basic', /\bBasic\s+((?=[A-Za-z+/]*[\dA-Z=])[A-Za-z0-9+/]{8,}={0,2})/g],
  ['url-password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'<>]*:([^\s/@"'<>]+)@/gi],
  ['private-key', /-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\s\S]*?(?:-----END [A-Z ]*-----|$)/g],
  ['aws-key-id', /\b(?:A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\b/g],
  [
    'card-number',
    /\b(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d)(?:[ -]?\d{4}){3}\b|\b3[47]\d{2}[ -]?\d{6}[ -]?\d{5}\b/g,
  ],
  ['stripe-key', /\b[sr]k_(?:live|test)_\w{8,}/g],
]

/** Secrets of forms that services do not share. */
function* formsIn(text: string): Generator<Shaped> {
  for (const [name, form] of FORMS) for (const match of text.matchAll(form)) yield [name, match[1] ?? match[0]]
}

/**
 * Secrets in the forms of those who issue them: GitHub, Slack, npm and others, by the rules of secretlint. Texts are
 * looked at all together: there are many rules, and each begins anew for each text.
 */
async function issuedIn(texts: readonly string[]): Promise<Shaped[]> {
  const content = texts.join('\n\n')
  const found: Shaped[] = []
  const report = ({ message, range }: { message: { messageId: string }; range: readonly number[] }) => {
    found.push([message.messageId, content.slice(range[0], range[1])])
  }
  const context = { createTranslator: () => (messageId: string) => ({ messageId, message: messageId }), report }
  const source = { content, filePath: 'recording.txt', ext: '.txt', contentType: 'text' }
  // Comments of a recording switch no rule off.
  const active = rules.filter(({ meta }) => !/filter-comments|basicauth|database/.test(meta.id))
  for (const rule of active) await rule.create(context as never, {} as never).file?.(source as never)
  return found
}

/** Characters of tokens; `/` is one of base64, and no part of a token within an address. */
const RUN = /[\w~.+=-]{16,}/g
const RUN_WITH_SLASHES = /[\w~.+/=-]{16,}/g

/** Long random texts within a text: the whole text if it is one word. */
function randomIn(text: string): string[] {
  const isAddress = text.includes('://')
  const runs = text.match(isAddress ? RUN : RUN_WITH_SLASHES)?.filter(looksRandom) ?? []
  return runs.length > 0 && !isAddress && !/\s/.test(text) && text.length <= LONGEST ? [text] : runs
}

const LONGEST = 4_096
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

/** Whether a program made a text: it is long, and most of it is no word, number or date. */
export function looksRandom(text: string): boolean {
  if (text.length < 16) return false
  if (UUID.test(text)) return true
  const parts = text.split(/[./+=~]/)
  return (parts.length > 1 ? [text, ...parts] : parts).some(isRandom)
}

const PIECE = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g

function isRandom(text: string): boolean {
  if (text.length < 16) return false
  // Keys begin with the same letters again and again: `b3BlbnNzaC1rZXktdjEAAAAABG5vbmU`.
  const isMixed = /[a-z]/.test(text) && /[A-Z]/.test(text) && (text.match(/\d+/g)?.length ?? 0) >= 3
  if (text.length >= 24 && isMixed && /^[A-Za-z0-9+]+$/.test(text)) return true
  if (/^[0-9a-f]+$/i.test(text)) return /\d/.test(text) && /[a-f]/i.test(text)
  let [wordy, rest] = [0, 0]
  for (const { 0: piece, index } of text.matchAll(PIECE)) {
    const isNumber = /\d/.test(piece)
    const isApart = !/[A-Za-z]/.test(text[index - 1] ?? '') && !/[A-Za-z]/.test(text[index + piece.length] ?? '')
    if (isNumber && isApart) continue
    if (!isNumber && isWord(piece)) wordy += piece.length
    else rest += piece.length
  }
  return wordy + rest >= 8 && wordy < 0.6 * (wordy + rest)
}

/** Whether letters are of a word by their vowels. */
function isWord(letters: string): boolean {
  const vowels = letters.match(/[aeiouy]/gi)?.length ?? 0
  return letters.length >= 3 && vowels * 6 >= letters.length && !/[^aeiouy]{5}/i.test(letters)
}

/** Whether a text is nothing but words: `createdAt`, `sort-by`. */
const isOfWords = (text: string): boolean =>
  /^[A-Za-z_. -]+$/.test(text) && (text.match(PIECE) ?? []).every(piece => /[aeiouy]/i.test(piece))

/** Whether a text is an id as databases make them: a UUID, an ObjectId, a ULID. */
const isIdForm = (text: string): boolean =>
  new RegExp(`^${UUID.source}$`, 'i').test(text) || /^[0-9a-f]{24}$|^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)

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
const isIdOfThing = (name: string): boolean => ID_OF_THING.test(words(name)) && !isSecretName(name)

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

/** Whether a segment of a path is an id: digits, a UUID, or text that is hardly a word. */
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
export function isRecognizable(name: string, value: Scalar): boolean {
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

/**
 * Each text of a JSON value with the name nearest to it, and the names themselves with nothing. Below the name of a
 * secret all texts have that name, and the value of `{ name: 'password', value }` has the name next to it.
 */
function* keysAndTexts(value: unknown, name = 'body'): Generator<[name: string, text: string]> {
  if (Array.isArray(value)) for (const item of value) yield* keysAndTexts(item, name)
  else if (isObject(value)) {
    const given = [value.name, value.key, value.field].find(one => typeof one === 'string' && isSecretName(one))
    for (const [key, item] of Object.entries(value)) {
      const own = key === 'value' && given !== undefined ? String(given) : key
      yield* keysAndTexts(item, SECRET_WORD.test(words(name)) && !ABOUT.test(words(key)) ? name : own)
    }
  } else yield [name, typeof value === 'string' ? value : '']
}
