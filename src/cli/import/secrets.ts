import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { fieldsIn, type Recorded } from './har.ts'
import { formsIn, isIdForm, issuedIn, randomIn } from './shapes.ts'
import { isIdOfThing, isSecretField, isSecretName, keysAndTexts } from './values.ts'

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
