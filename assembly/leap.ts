/*
 * Passes over containers by their brackets alone, outside strings, and of these by those of the outermost's kind: in
 * sound JSON, to where `skip` comes. In JSON with a fault it comes anywhere.
 */
import { bits, escapedBy, prefixXor, runsOf, splatAt } from './bits'

/** How many containers are open behind what `leap` has passed over, and 1 in a string, 2 behind its backslash. */
export let openAt: u32 = 0
export let modeAt: u32 = 0

const CODES = memory.data<u8>([0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d])

/**
 * The place behind `depth` open containers of a kind, arrays (2) or objects (4); 0 where they do not end. In sound JSON
 * the brackets of the other kind say nothing more.
 */
export function leap(from: usize, to: usize, depthThere: u32, kind: u32, mode: u32): usize {
  const quote = splatAt(CODES)
  const slash = splatAt(CODES + 1)
  const open = splatAt(CODES + kind)
  const close = splatAt(CODES + kind + 1)
  let depth = depthThere
  let inString: u64 = -((mode & 1) as u64)
  let escape: u64 = (mode >> 1) as u64
  let p = from
  for (; p + 64 <= to; p += 64) {
    const a = v128.load(p)
    const b = v128.load(p, 16)
    const c = v128.load(p, 32)
    const d = v128.load(p, 48)
    let quotes = bits(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote))
    const sa = i8x16.eq(a, slash)
    const sb = i8x16.eq(b, slash)
    const sc = i8x16.eq(c, slash)
    const sd = i8x16.eq(d, slash)
    if ((i32(v128.any_true(v128.or(v128.or(sa, sb), v128.or(sc, sd)))) | (escape as i32)) != 0) {
      const slashes = bits(sa, sb, sc, sd) & ~escape
      const runs = runsOf(slashes, escape)
      quotes &= ~escapedBy(slashes, escape, runs)
      escape = (runs < slashes ? 1 : 0) as u64
    }
    const strings = prefixXor(quotes) ^ inString
    inString = ((strings as i64) >> 63) as u64
    const opens = ~strings & bits(i8x16.eq(a, open), i8x16.eq(b, open), i8x16.eq(c, open), i8x16.eq(d, open))
    const closes = ~strings & bits(i8x16.eq(a, close), i8x16.eq(b, close), i8x16.eq(c, close), i8x16.eq(d, close))
    // Brackets that follow an opening one: a closing one among them leaves the depth as it was before that.
    const others = ~(opens | closes)
    const follow = ((opens << 1) + others) & ~others
    if ((popcnt(closes & ~follow) as u32) >= depth) {
      for (let left = closes; left != 0; left &= left - 1) {
        const before = left ^ (left - 1)
        const opened = depth + (popcnt(opens & before) as u32)
        if (opened == (popcnt(closes & before) as u32)) return p + (ctz(left) as usize) + 1
      }
    }
    depth += (popcnt(opens) as u32) - (popcnt(closes) as u32)
  }
  for (; p < to; p++) {
    const byte = load<u8>(p)
    if (escape != 0) escape = 0
    else if (byte == 0x5c) escape = 1
    else if (byte == 0x22) inString = ~inString
    else if (inString == 0) {
      if (byte == load<u8>(CODES + kind)) depth++
      else if (byte == load<u8>(CODES + kind + 1) && --depth == 0) return p + 1
    }
  }
  openAt = depth
  modeAt = ((inString & 1) | (escape << 1)) as u32
  return 0
}
