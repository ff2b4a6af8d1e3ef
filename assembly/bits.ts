/** A bit for each of 64 bytes, from a comparison's lanes. */
// @ts-ignore: decorator
@inline
export function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  return (
    (i8x16.bitmask(a) as u32 as u64) |
    ((i8x16.bitmask(b) as u32 as u64) << 16) |
    ((i8x16.bitmask(c) as u32 as u64) << 32) |
    ((i8x16.bitmask(d) as u32 as u64) << 48)
  )
}

/** At each bit whether the number of bits up to it is odd. */
// @ts-ignore: decorator
@inline
export function prefixXor(mask: u64): u64 {
  mask ^= mask << 1
  mask ^= mask << 2
  mask ^= mask << 4
  mask ^= mask << 8
  mask ^= mask << 16
  mask ^= mask << 32
  return mask
}

const EVEN: u64 = 0x5555555555555555

/**
 * Backslashes, to which runs that begin at an odd place are added: where that overflows, the next block's first byte is
 * escaped.
 * @param before 1 where the byte before the first is a backslash that escapes.
 */
// @ts-ignore: decorator
@inline
export function runsOf(slashes: u64, before: u64): u64 {
  return (slashes & ~EVEN & ~((slashes << 1) | before)) + slashes
}

/** Bytes that a backslash before them escapes. */
// @ts-ignore: decorator
@inline
export function escapedBy(slashes: u64, before: u64, runs: u64): u64 {
  return (EVEN ^ (runs << 1)) & ((slashes << 1) | before)
}

/**
 * Sixteen times the byte at a place. Compilers make a constant anew in each round of a loop, of four instructions; what
 * was read of memory stays in a register.
 */
// @ts-ignore: decorator
@inline
export function splatAt(place: usize): v128 {
  return v128.load8_splat(place)
}
