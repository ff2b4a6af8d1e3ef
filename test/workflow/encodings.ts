import fc from 'fast-check'

const html = (text: string) =>
  [...text]
    .map(letter => ('<>&"\'/='.includes(letter) ? `&#x${letter.codePointAt(0)!.toString(16)};` : letter))
    .join('')

/** The ways in which a text is written within others. */
export const encodings: Record<string, (text: string) => string> = {
  none: text => text,
  percent: encodeURIComponent,
  'percent, lower case': text => encodeURIComponent(text).replaceAll(/%../g, code => code.toLowerCase()),
  'percent, every byte': text =>
    Buffer.from(text)
      .toString('hex')
      .replaceAll(/../g, code => `%${code}`),
  form: text => new URLSearchParams([['', text]]).toString().slice(1),
  html,
  'html, decimal': text => [...text].map(letter => `&#${letter.codePointAt(0)};`).join(''),
  json: text => JSON.stringify({ echoed: text }),
  'json, slashes': text => JSON.stringify(text).replaceAll('/', '\\/'),
  'json, every character': text =>
    text.replaceAll(/[\s\S]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  base64: text => Buffer.from(text).toString('base64'),
  'base64 behind a name': text => Buffer.from(`user:${text}`).toString('base64url'),
  hex: text => Buffer.from(text).toString('hex'),
}

/** All parts of a text that are so long. */
export const windowsOf = (text: string, width = 10): string[] =>
  text.length < width ? [text] : Array.from({ length: text.length - width + 1 }, (_, at) => text.slice(at, at + width))

/** With something of every kind in it, so that each encoding has something to do. */
export const secret = fc
  .array(fc.constantFrom(...'abcXYZ019-_.~/+=&%<>"\' \\!*()ü€😀'), { minLength: 12, maxLength: 40 })
  .map(letters => `k${letters.join('')}`)

export const encoding = fc.constantFrom(...Object.keys(encodings))
