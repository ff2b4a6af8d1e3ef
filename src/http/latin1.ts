/** Text as UTF-8, each byte a character; text of ASCII is that already. */
export function latin1Of(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}
