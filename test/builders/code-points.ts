import fc from 'fast-check'

const SURROGATES = { from: 0xd800, count: 0x800 }

/**
 * Any code point but a lone surrogate, as a `unit` of `fc.string`. The library's own unit of that kind (`binary`) makes
 * a map of a million entries when the first string is drawn, which takes a second and 100 MB.
 */
export const anyCodePoint = fc
  .nat({ max: 0x10ffff - SURROGATES.count })
  .map(n => String.fromCodePoint(n < SURROGATES.from ? n : n + SURROGATES.count))
