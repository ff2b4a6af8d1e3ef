/** Gives the bytes of a text their value in a table of 256. */
export function fill(table: usize, text: string, value: u8): void {
  for (let n = 0; n < text.length; n++) store<u8>(table + text.charCodeAt(n), value)
}
