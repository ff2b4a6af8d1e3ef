/** JSON Pointers as text. Source: RFC 6901, sections 3 and 4. */

/** The pointer that leads through these keys: `''` for none, `/a~1b/0` for `a/b` and `0`. */
export function pointerThrough(keys: readonly (string | number)[]): string {
  let text = ''
  for (const key of keys) text += `/${escapeToken(String(key))}`
  return text
}

export function escapeToken(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
