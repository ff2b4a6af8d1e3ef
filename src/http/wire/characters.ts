/** Holds for every byte 1 where it may stand in a header's name. Source: RFC 9110, section 5.6.2, `token`. */
export const isToken: Uint8Array = table(code => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)))

/** Characters of a header's value, spaces and tabs included. Source: RFC 9110, section 5.5, `field-value`. */
export const isValue: Uint8Array = table(code => code === 0x09 || (code >= 0x20 && code !== 0x7f))

/** What a byte is worth as a hexadecimal digit; 255 for none. */
export const hexDigit: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = /[0-9A-Fa-f]/.test(String.fromCharCode(code)) ? Number.parseInt(String.fromCharCode(code), 16) : 255
  return digit
})

function table(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (holds(code) ? 1 : 0))
}
