/*
 * Passes over a JSON value and checks all of its grammar but UTF-8, 64 bytes at a time: a mask of 64 bits for each
 * class of bytes, and a rule of the grammar as a few operations on masks. What a rule cannot tell from masks (escapes,
 * numbers that are not plain digits, literals) is looked at byte by byte.
 *
 * Gives up where it sees a fault, the end of the chunk, or more open containers than a mask holds: then JavaScript
 * goes on from the last value's start, and finds out which it is.
 *
 * Source: G. Langdale and D. Lemire, Parsing Gigabytes of JSON per Second (2019), for quotes and escapes; the checks of
 * neighbours by addition with carry follow R. Cameron, Parabix (2008).
 */

import { bits, escapedBy, prefixXor, runsOf, splatAt } from './bits'
import { scalarEnd } from './scalar-end'
import { fill } from './table'

/** Where to go on after giving up, and the containers around it: how many, and a bit each, the innermost lowest. */
export let at: u32 = 0
export let depthAt: u32 = 0
export let low: u32 = 0
export let high: u32 = 0

/** 1 for what may follow a backslash, 2 for the `u` before four hex digits. */
const ESCAPE = memory.data(256)
const HEX = memory.data(256)
fill(ESCAPE, '"\\/bfnrt', 1)
fill(ESCAPE, 'u', 2)
fill(HEX, '0123456789abcdefABCDEF', 1)

const CODES = memory.data<u8>([0x22, 0x5c, 0x20, 0x0a, 0x0d, 0x09, 0x7b, 0x7d, 0x2c, 0x3a, 0x30, 0x50, 138, 0x2d, 0x2e])

const MOST: u32 = 62

/** These places, or where they are spaces the first behind these. */
// @ts-ignore: decorator
@inline
function behind(places: u64, spaces: u64): u64 {
  return (places | ((places & spaces) + spaces)) & ~spaces
}

/** 1 where the spaces at one of these places go on in the next block. */
// @ts-ignore: decorator
@inline
function leaves(places: u64, spaces: u64): u64 {
  const over = places & spaces
  return (over + spaces < over ? 1 : 0) as u64
}

/** Whether the closing bracket at `p` stands behind an opening one. */
function isEmpty(p: usize, from: usize): bool {
  while (p > from) {
    const byte = load<u8>(--p)
    if (byte > 0x20) return (byte | 0x20) == 0x7b
  }
  return false
}

/** The place behind the value and all `depth` containers around it; 0 after giving up. */
export function skip(from: usize, to: usize, depth: u32, lowBits: u32, highBits: u32): usize {
  return scan(from, to, depth, ((highBits as u64) << 32) | lowBits, false, 0)
}

/** Where `items` says how many items were passed over, and whether the array ended: compilers leave that free. */
const PASSED: usize = 0
const CLOSED: usize = 4

/**
 * The place behind the commas of so many items of the array in which `from` stands, or of as many as are whole; that of
 * the bracket where the array ends before.
 */
export function items(from: usize, to: usize, count: u32): usize {
  store<u32>(PASSED, 0)
  store<u32>(CLOSED, 0)
  return scan(from, to, 1, 0, true, count)
}

/**
 * Stands in both functions, so that what only one of them does costs the other nothing.
 * @param counts whether it ends behind `count` items of the outermost array instead of behind that array.
 */
// @ts-ignore: decorator
@inline
function scan(from: usize, to: usize, depthThere: u32, objectsThere: u64, counts: bool, count: u32): usize {
  const quote = splatAt(CODES)
  const slash = splatAt(CODES + 1)
  const space = splatAt(CODES + 2)
  const n = splatAt(CODES + 3)
  const r = splatAt(CODES + 4)
  const t = splatAt(CODES + 5)
  const brace = splatAt(CODES + 6)
  const endBrace = splatAt(CODES + 7)
  const comma = splatAt(CODES + 8)
  const colon = splatAt(CODES + 9)
  const nought = splatAt(CODES + 10)
  const shift = splatAt(CODES + 11)
  const ten = splatAt(CODES + 12)
  const minus = splatAt(CODES + 13)
  const point = splatAt(CODES + 14)
  let depth = depthThere
  let objects = objectsThere
  let itemsEnd = from
  let passed: u32 = 0
  // Carried from block to block: a bit at the place of the first byte, or all bits.
  let inString: u64 = 0
  let escape: u64 = 0
  let scalarBefore: u64 = 0
  let nextDue: u64 = 0
  let valueDue: u64 = 1
  let inKey: u64 = 0
  let colonDue: u64 = 0
  // The block with the last place to go on from: where it begins, the bit before that place, and what was open then.
  let safeBlock: usize = 0
  let safeBit: u64 = 0
  let safeBrackets: u64 = 0
  let safeDepth = depth
  let safeObjects = objects

  for (let p = from; p < to; p += 64) {
    const a = v128.load(p)
    const b = v128.load(p, 16)
    const c = v128.load(p, 32)
    const d = v128.load(p, 48)
    let valid: u64 = to - p < 64 ? ((1 as u64) << (to - p)) - 1 : ~(0 as u64)
    let wrong: u64 = 0

    let quotes = bits(
      i8x16.eq(a, quote),
      i8x16.eq(b, quote),
      i8x16.eq(c, quote),
      i8x16.eq(d, quote),
    )
    const sa = i8x16.eq(a, slash)
    const sb = i8x16.eq(b, slash)
    const sc = i8x16.eq(c, slash)
    const sd = i8x16.eq(d, slash)
    let escaped = escape
    if (v128.any_true(v128.or(v128.or(sa, sb), v128.or(sc, sd)))) {
      const slashes = bits(sa, sb, sc, sd) & ~escape
      const runs = runsOf(slashes, escape)
      escaped = escapedBy(slashes, escape, runs)
      escape = (runs < slashes ? 1 : 0) as u64
    } else escape = 0
    quotes &= ~escaped
    const least = i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d))
    const hasControls = v128.any_true(i8x16.lt_u(least, space))
    // All of it is in one string.
    if ((quotes & valid) == 0 && inString != 0 && !hasControls && escaped == 0) {
      if (valid + 1 == 0) continue
      break
    }
    const strings = prefixXor(quotes) ^ inString
    inString = ((strings as i64) >> 63) as u64
    const outside = ~(strings | quotes)
    for (let left = escaped & strings; left != 0; left &= left - 1) {
      const bit = ctz(left)
      const place = p + (bit as usize)
      const kind = load<u8>(ESCAPE + load<u8>(place))
      if (kind == 1) continue
      if (
        kind == 0 ||
        place + 4 >= to ||
        (load<u8>(HEX + load<u8>(place + 1)) &
          load<u8>(HEX + load<u8>(place + 2)) &
          load<u8>(HEX + load<u8>(place + 3)) &
          load<u8>(HEX + load<u8>(place + 4))) ==
          0
      ) {
        wrong |= (1 as u64) << bit
        break
      }
    }

    // Space: spaces, and between values the three control characters that may stand there.
    let spaces = bits(i8x16.eq(a, space), i8x16.eq(b, space), i8x16.eq(c, space), i8x16.eq(d, space))
    if (hasControls) {
      const controls = bits(i8x16.lt_u(a, space), i8x16.lt_u(b, space), i8x16.lt_u(c, space), i8x16.lt_u(d, space))
      const breaks = bits(
        v128.or(i8x16.eq(a, n), v128.or(i8x16.eq(a, r), i8x16.eq(a, t))),
        v128.or(i8x16.eq(b, n), v128.or(i8x16.eq(b, r), i8x16.eq(b, t))),
        v128.or(i8x16.eq(c, n), v128.or(i8x16.eq(c, r), i8x16.eq(c, t))),
        v128.or(i8x16.eq(d, n), v128.or(i8x16.eq(d, r), i8x16.eq(d, t))),
      )
      wrong |= (controls & strings) | (controls & ~breaks & outside)
      spaces |= controls
    }
    spaces &= outside

    const la = v128.or(a, space)
    const lb = v128.or(b, space)
    const lc = v128.or(c, space)
    const ld = v128.or(d, space)
    const opens = outside & bits(i8x16.eq(la, brace), i8x16.eq(lb, brace), i8x16.eq(lc, brace), i8x16.eq(ld, brace))
    const closes =
      outside & bits(i8x16.eq(la, endBrace), i8x16.eq(lb, endBrace), i8x16.eq(lc, endBrace), i8x16.eq(ld, endBrace))
    const commas = outside & bits(i8x16.eq(a, comma), i8x16.eq(b, comma), i8x16.eq(c, comma), i8x16.eq(d, comma))
    const colons = outside & bits(i8x16.eq(a, colon), i8x16.eq(b, colon), i8x16.eq(c, colon), i8x16.eq(d, colon))
    const scalars = outside & ~(opens | closes | commas | colons | spaces)

    // Numbers and literals.
    const scalarStarts = scalars & ~((scalars << 1) | scalarBefore)
    scalarBefore = scalars >> 63
    if (scalars != 0) {
      // Of signed bytes the digits are the least, once 0x50 is added.
      const others =
        scalars &
        ~bits(
          i8x16.lt_s(i8x16.add(a, shift), ten),
          i8x16.lt_s(i8x16.add(b, shift), ten),
          i8x16.lt_s(i8x16.add(c, shift), ten),
          i8x16.lt_s(i8x16.add(d, shift), ten),
        )
      const noughts = bits(i8x16.eq(a, nought), i8x16.eq(b, nought), i8x16.eq(c, nought), i8x16.eq(d, nought))
      let unusual = others
      let wholes = scalarStarts
      if (others != 0) {
        const digits = scalars & ~others
        const minuses = scalarStarts & bits(i8x16.eq(a, minus), i8x16.eq(b, minus), i8x16.eq(c, minus), i8x16.eq(d, minus))
        const points = others & bits(i8x16.eq(a, point), i8x16.eq(b, point), i8x16.eq(c, point), i8x16.eq(d, point))
        // A digit stands on both sides of a point, and behind a minus; no second point ends a fraction.
        const fractions = points << 1
        wrong |= ((points >> 1) | fractions | (minuses << 1)) & scalars & ~digits
        wrong |= ((fractions | (minuses << 1)) & ~scalars) | (points & scalarStarts)
        wrong |= (fractions + digits) & points & ~digits
        wholes = (scalarStarts & ~minuses) | (minuses << 1)
        unusual = others & ~(minuses | points)
      }
      wrong |= ((wholes & noughts) << 1) & scalars & ~others
      // Looked at byte by byte: literals, exponents, and what may go on in the next block.
      let odd = (unusual | (scalars & ((1 as u64) << 63))) & valid
      while (odd != 0) {
        const first = odd & -odd
        const starts = scalarStarts & (first | (first - 1))
        if (starts == 0) {
          // Goes on from the block before, where it was looked at.
          odd &= ~(scalars & ~(scalars + 1))
          continue
        }
        const bit = 63 - clz(starts)
        const end = scalarEnd(p + (bit as usize), to)
        if (end == 0) {
          wrong |= (1 as u64) << bit
          break
        }
        if (end - p >= 64) break
        odd &= ~(((1 as u64) << (end - p)) - 1)
      }
    }

    // Containers, bracket by bracket.
    const depthBefore = depth
    const objectsBefore = objects
    const brackets = opens | closes
    let inObject: u64 = -(objects & 1)
    let outermost: u64 = counts && depth == 1 ? ~(0 as u64) : 0
    let end: u64 = 0
    for (let left = brackets & valid; left != 0; left &= left - 1) {
      const bit = left & -left
      const isObject = ((load<u8>(p + (ctz(left) as usize)) >> 5) & 1) as u64
      const top = objects & 1
      if ((opens & bit) != 0) {
        objects = (objects << 1) | isObject
        depth++
        if (counts && depth == 2) outermost ^= ~(bit | (bit - 1))
        if (isObject != top) inObject ^= ~(bit | (bit - 1))
        if (depth > MOST) {
          wrong |= bit
          break
        }
      } else {
        if (isObject != top) {
          wrong |= bit
          break
        }
        depth--
        objects >>= 1
        if (depth == 0) {
          end = bit
          valid &= bit | (bit - 1)
          break
        }
        if (counts && depth == 1) outermost ^= ~(bit | (bit - 1))
        if ((objects & 1) != top) inObject ^= ~(bit | (bit - 1))
      }
    }

    // What stands behind what, spaces aside: behind opening brackets and commas, behind colons, behind keys.
    const separators = opens | commas
    let next = (separators << 1) | nextDue
    let values = (colons << 1) | valueDue
    nextDue = separators >> 63
    valueDue = colons >> 63
    if (spaces != 0) {
      nextDue |= leaves(next, spaces)
      next = behind(next, spaces)
      valueDue |= leaves(values, spaces)
      values = behind(values, spaces)
    }
    const keys = next & inObject
    values |= next
    const openQuotes = quotes & strings
    const keyStarts = (keys & openQuotes) | inKey
    const keySum = strings + keyStarts
    inKey = (keySum < strings ? 1 : 0) as u64
    const keyEnds = keySum & ~strings
    let afterKeys = (keyEnds << 1) | colonDue
    colonDue = keyEnds >> 63
    if (spaces != 0) {
      colonDue |= leaves(afterKeys, spaces)
      afterKeys = behind(afterKeys, spaces)
    }
    wrong |= afterKeys ^ colons
    wrong |= keys & ~(openQuotes | closes)
    wrong |= (openQuotes | scalarStarts | opens) & ~values
    wrong |= values & commas
    for (let left = values & closes & valid; left != 0; left &= left - 1)
      if (!isEmpty(p + (ctz(left) as usize), from)) wrong |= left & -left

    if ((wrong & valid) != 0) break
    if (counts) {
      let between = commas & outermost & valid
      const here = popcnt(between) as u32
      if (here >= count - passed) {
        for (let n = count - passed; n > 1; n--) between &= between - 1
        store<u32>(PASSED, count)
        return p + (ctz(between) as usize) + 1
      }
      if (here > 0) itemsEnd = p + (63 - clz(between) as usize) + 1
      passed += here
      if (end != 0) {
        store<u32>(CLOSED, 1)
        return p + (ctz(end) as usize)
      }
      continue
    }
    if (end != 0) return p + (ctz(end) as usize) + 1
    const safe = ((commas & ~inObject) | colons) & valid
    if (safe != 0) {
      const bit = (1 as u64) << (63 - clz(safe))
      safeBlock = p
      safeBit = bit
      safeBrackets = brackets & (bit - 1)
      safeDepth = depthBefore
      safeObjects = objectsBefore
    }
  }

  if (counts) {
    store<u32>(PASSED, passed)
    return itemsEnd
  }
  if (safeBlock == 0) at = from as u32
  else {
    at = (safeBlock + (ctz(safeBit) as usize) + 1) as u32
    for (let left = safeBrackets; left != 0; left &= left - 1) {
      const byte = load<u8>(safeBlock + (ctz(left) as usize))
      if ((byte & 0x0f) == 0x0b) {
        safeObjects = (safeObjects << 1) | (((byte >> 5) & 1) as u64)
        safeDepth++
      } else {
        safeObjects >>= 1
        safeDepth--
      }
    }
  }
  depthAt = safeDepth
  low = safeObjects as u32
  high = (safeObjects >> 32) as u32
  return 0
}
