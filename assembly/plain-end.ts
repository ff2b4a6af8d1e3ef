/** The place of the first byte that may not stand in a string as it is: a quote, a backslash, a control character. */
export function plainEnd(from: usize, to: usize): usize {
  const quote = i8x16.splat(0x22)
  const slash = i8x16.splat(0x5c)
  const space = i8x16.splat(0x20)
  for (let p = from; p < to; p += 16) {
    const a = v128.load(p)
    const odd = v128.or(v128.or(i8x16.eq(a, quote), i8x16.eq(a, slash)), i8x16.lt_u(a, space))
    if (v128.any_true(odd)) return min(to, p + ctz(i8x16.bitmask(odd)))
  }
  return to
}
