/**
 * The place behind the number, `true`, `false` or `null` at `from`; -1 when it is none, or when what shows a number's
 * end, the byte behind it, is not there before `to`. Bytes behind `to` may be read, but nothing is concluded from
 * them. Allocates nothing.
 */
export function scalarEnd(bytes: Uint8Array, from: number, to: number): number {
  let p = from
  let byte = bytes[p]!
  if (byte > 0x39) {
    p = literalEnd(bytes, p)
    return p > to ? -1 : p
  }
  if (byte === 0x2d) byte = bytes[++p]!
  if (byte === 0x30) byte = bytes[++p]!
  else if (byte >= 0x31 && byte <= 0x39) {
    do byte = bytes[++p]!
    while (byte >= 0x30 && byte <= 0x39)
  } else return -1
  if (byte === 0x2e || byte === 0x65 || byte === 0x45) p = fractionEnd(bytes, p)
  return p >= to ? -1 : p
}

/** The place behind `true`, `false` or `null` at `from`; -1 when it is none. */
export function literalEnd(bytes: Uint8Array, from: number): number {
  const byte = bytes[from]
  if (byte === 0x74)
    return bytes[from + 1] === 0x72 && bytes[from + 2] === 0x75 && bytes[from + 3] === 0x65 ? from + 4 : -1
  if (byte === 0x6e)
    return bytes[from + 1] === 0x75 && bytes[from + 2] === 0x6c && bytes[from + 3] === 0x6c ? from + 4 : -1
  if (byte !== 0x66 || bytes[from + 1] !== 0x61 || bytes[from + 2] !== 0x6c) return -1
  return bytes[from + 3] === 0x73 && bytes[from + 4] === 0x65 ? from + 5 : -1
}

/** The place behind a number's fraction or exponent, or both, at `from`; -1 when it is none. */
export function fractionEnd(bytes: Uint8Array, from: number): number {
  let p = from
  let byte = bytes[p]!
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
  return p
}
