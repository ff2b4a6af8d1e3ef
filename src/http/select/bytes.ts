/** Bytes of JSON's grammar (RFC 8259) by name. */
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const BACKSLASH = 0x5c
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d

/** 1 for bytes that may stand in a string as they are: all but the quote, the backslash and control characters. */
export const PLAIN = new Uint8Array(256).fill(1, 0x20)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/** 1 for what may follow a backslash and needs nothing behind it; 2 for the `u` before four hex digits. */
export const ESCAPE = new Uint8Array(256)
for (const letter of '"\\/bfnrt') ESCAPE[letter.charCodeAt(0)] = 1
ESCAPE['u'.charCodeAt(0)] = 2

export const HEX = new Uint8Array(256)
for (const letter of '0123456789abcdefABCDEF') HEX[letter.charCodeAt(0)] = 1

/** `{` or `[`. */
export function isOpening(byte: number): boolean {
  return byte === OPEN_BRACE || byte === OPEN_BRACKET
}

/** Space, tab, line feed, carriage return. */
export function isSpace(byte: number): boolean {
  return byte <= 0x20 && (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
}

/**
 * A number as a machine: `NUMBER[state << 8 | byte]` is the next state, 0 where the number cannot go on. Begin with
 * `NUMBER_START`; a number may end in the states of which `mayEnd` is true.
 */
export const NUMBER_START = 1
const MINUS = 2
const ZERO = 3
const WHOLE = 4
const POINT = 5
const FRACTION = 6
const E = 7
const SIGN = 8
const EXPONENT = 9
export const NUMBER = new Uint8Array(10 << 8)

function step(from: number, bytes: string, to: number) {
  for (const byte of bytes) NUMBER[(from << 8) | byte.charCodeAt(0)] = to
}
step(NUMBER_START, '-', MINUS)
for (const from of [NUMBER_START, MINUS]) {
  step(from, '0', ZERO)
  step(from, '123456789', WHOLE)
}
step(WHOLE, '0123456789', WHOLE)
for (const from of [ZERO, WHOLE]) step(from, '.', POINT)
for (const from of [POINT, FRACTION]) step(from, '0123456789', FRACTION)
for (const from of [ZERO, WHOLE, FRACTION]) step(from, 'eE', E)
step(E, '+-', SIGN)
for (const from of [E, SIGN, EXPONENT]) step(from, '0123456789', EXPONENT)

export function mayEnd(state: number): boolean {
  return state === ZERO || state === WHOLE || state === FRACTION || state === EXPONENT
}

/** Last byte that is not space; undefined if there is no such byte. */
export function lastByte(bytes: Uint8Array, from: number, to: number): number | undefined {
  let p = to - 1
  while (p >= from && isSpace(bytes[p]!)) p--
  return p < from ? undefined : bytes[p]
}
