import { fill } from './table'

/** What may stand behind a number or a literal. */
const DELIMITER = memory.data(256)
fill(DELIMITER, ' \n\r\t,]}', 1)

// @ts-ignore: decorator
@inline
function isDigit(byte: u32): bool {
  return byte - 0x30 < 10
}

/** The place behind the number or literal at `p`, of which what stands behind it is a delimiter; 0 otherwise. */
export function scalarEnd(p: usize, to: usize): usize {
  let byte: u32 = load<u8>(p)
  if (byte > 0x39) {
    if (byte == 0x74 && load<u32>(p) == 0x65757274) p += 4
    else if (byte == 0x6e && load<u32>(p) == 0x6c6c756e) p += 4
    else if (byte == 0x66 && load<u32>(p + 1) == 0x65736c61) p += 5
    else return 0
  } else {
    if (byte == 0x2d) byte = load<u8>(++p)
    if (byte == 0x30) byte = load<u8>(++p)
    else {
      if (byte - 0x31 >= 9) return 0
      do byte = load<u8>(++p)
      while (isDigit(byte) && p < to)
    }
    if (byte == 0x2e) {
      byte = load<u8>(++p)
      if (!isDigit(byte)) return 0
      do byte = load<u8>(++p)
      while (isDigit(byte) && p < to)
    }
    if ((byte | 0x20) == 0x65) {
      byte = load<u8>(++p)
      if (byte == 0x2b || byte == 0x2d) byte = load<u8>(++p)
      if (!isDigit(byte)) return 0
      do byte = load<u8>(++p)
      while (isDigit(byte) && p < to)
    }
  }
  return p < to && load<u8>(DELIMITER + load<u8>(p)) != 0 ? p : 0
}
