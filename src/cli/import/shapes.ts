import { rules } from '@secretlint/secretlint-rule-preset-recommend'

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
export function* formsIn(text: string): Generator<Shaped> {
  for (const [name, form] of FORMS) for (const match of text.matchAll(form)) yield [name, match[1] ?? match[0]]
}

/**
 * Secrets in the forms of those who issue them: GitHub, Slack, npm and others, by the rules of secretlint. Texts are
 * looked at all together: there are many rules, and each begins anew for each text.
 */
export async function issuedIn(texts: readonly string[]): Promise<Shaped[]> {
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
export function randomIn(text: string): string[] {
  const isAddress = text.includes('://')
  const runs = text.match(isAddress ? RUN : RUN_WITH_SLASHES)?.filter(looksRandom) ?? []
  return runs.length > 0 && !isAddress && !/\s/.test(text) && text.length <= LONGEST ? [text] : runs
}
const LONGEST = 4096
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
export const isOfWords = (text: string): boolean =>
  /^[A-Za-z_. -]+$/.test(text) && (text.match(PIECE) ?? []).every(piece => /[aeiouy]/i.test(piece))

/** Whether a text is an id as databases make them: a UUID, an ObjectId, a ULID. */
export const isIdForm = (text: string): boolean =>
  new RegExp(`^${UUID.source}$`, 'i').test(text) || /^[0-9a-f]{24}$|^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
