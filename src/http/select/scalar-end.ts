/**
 * The place behind the number, `true`, `false` or `null` at `from`; -1 when it is none, or when what shows a number's
 * end, the byte behind it, is not there before `to`. Bytes behind `to` may be read, but nothing is concluded from
 * them. Allocates nothing.
 */
export function scalarEnd(bytes: Uint8Array, from: number, to: number): number {
  let p = from
  let byte = bytes[p]!
  if (byte > 0x39) {
    if (byte === 0x74) {
      if (bytes[p + 1] !== 0x72 || bytes[p + 2] !== 0x75 || bytes[p + 3] !== 0x65) return -1
      p += 4
    } else if (byte === 0x66) {
      if (bytes[p + 1] !== 0x61 || bytes[p + 2] !== 0x6c || bytes[p + 3] !== 0x73 || bytes[p + 4] !== 0x65) return -1
      p += 5
    } else {
      if (byte !== 0x6e || bytes[p + 1] !== 0x75 || bytes[p + 2] !== 0x6c || bytes[p + 3] !== 0x6c) return -1
      p += 4
    }
    return p > to ? -1 : p
  }
  if (byte === 0x2d) byte = bytes[++p]!
  if (byte === 0x30) byte = bytes[++p]!
  else if (byte >= 0x31 && byte <= 0x39) {
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  } else return -1
  if (byte === 0x2e) {
    byte = bytes[++p]!
    if (!(byte >= 0x30 && byte <= 0x39)) return -1
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  }
  if (byte === 0x65 || byte === 0x45) {
    byte = bytes[++p]!
    if (byte === 0x2b || byte === 0x2d) byte = bytes[++p]!
    if (!(byte >= 0x30 && byte <= 0x39)) return -1
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  }
  return p >= to ? -1 : p
}
