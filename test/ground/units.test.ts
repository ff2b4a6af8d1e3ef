import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EXACT,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
  parseBytes,
  parseCpu,
  parseDuration,
  parseRate,
  parseShare,
  UnitError,
} from '../../src/ground/units.ts'

/** The message of the UnitError that `read` throws. */
function refusal(read: () => unknown): string {
  try {
    return `read as ${read()}`
  } catch (error) {
    if (error instanceof UnitError) return error.message
    throw error
  }
}

describe('a duration', () => {
  test.each([
    ['100ms', 100],
    ['100 ms', 100],
    [' 0.5s ', 500],
    ['.5s', 500],
    ['30s', 30_000],
    ['2m', 120_000],
    ['2 min', 120_000],
    ['1h', 3_600_000],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['1m30s', 90_000],
    ['1h 2m 3s 4ms', 3_723_004],
    ['1,500ms', 1500],
    ['1_500ms', 1500],
    [1234.5, 1234.5],
    [0, 0],
  ])('%j is %d ms', (input, milliseconds) => {
    expect(parseDuration(input)).toBe(milliseconds)
  })

  test.each(['100', '', 'ms', '100MB', '-5ms', '1,5s', '1m30', '5ms!', '1m2x'])('%j is refused', input => {
    expect(() => parseDuration(input)).toThrow(UnitError)
  })

  test('says what was found and what is taken', () => {
    expect(refusal(() => parseDuration('100MB'))).toMatchInlineSnapshot(
      `"Failed to read duration "100MB": "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration('100'))).toMatchInlineSnapshot(
      `"Failed to read duration "100": it has no unit. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration('soon'))).toMatchInlineSnapshot(
      `"Failed to read duration "soon": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration('1m2x'))).toMatchInlineSnapshot(
      `"Failed to read duration "1m2x": "x" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration(-1))).toMatchInlineSnapshot(
      `"Failed to read duration -1: it is negative. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration(Number.NaN))).toMatchInlineSnapshot(
      `"Failed to read duration NaN: it is not a finite number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration(['1s']))).toMatchInlineSnapshot(
      `"Failed to read duration a list: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
    expect(refusal(() => parseDuration(null))).toMatchInlineSnapshot(
      `"Failed to read duration null: it is neither a number nor text. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."`,
    )
  })
})

describe('a size', () => {
  test.each([
    ['200MB', 200_000_000],
    ['200 mb', 200_000_000],
    ['1.5GB', 1_500_000_000],
    ['512kB', 512_000],
    ['200MiB', 209_715_200],
    ['1GiB', 1_073_741_824],
    ['10B', 10],
    [4096, 4096],
  ])('%j is %d bytes', (input, bytes) => {
    expect(parseBytes(input)).toBe(bytes)
  })

  test('says what was found and what is taken', () => {
    expect(refusal(() => parseBytes('200ms'))).toMatchInlineSnapshot(
      `"Failed to read size "200ms": "ms" is not a unit of size. Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576)."`,
    )
    expect(refusal(() => parseBytes('200'))).toMatchInlineSnapshot(
      `"Failed to read size "200": it has no unit. Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576)."`,
    )
  })
})

describe('a share', () => {
  test.each([
    ['0.1%', 0.001],
    ['0.1 %', 0.001],
    ['99.9%', 0.999],
    ['0.001', 0.001],
    [0.001, 0.001],
    [1, 1],
    [0, 0],
  ])('%j is %d', (input, share) => {
    expect(parseShare(input)).toBe(share)
  })

  test('says what was found and what is taken', () => {
    expect(refusal(() => parseShare(5))).toMatchInlineSnapshot(
      `"Failed to read share 5: it is more than the whole. Did you mean '5%'? Write a number from 0 to 1, or text such as '0.1%'."`,
    )
    expect(refusal(() => parseShare('120%'))).toMatchInlineSnapshot(
      `"Failed to read share "120%": it is more than the whole. Write a number from 0 to 1, or text such as '0.1%'."`,
    )
    expect(refusal(() => parseShare('1ms'))).toMatchInlineSnapshot(
      `"Failed to read share "1ms": "ms" is not a unit of a share. Write a number from 0 to 1, or text such as '0.1%'."`,
    )
  })
})

describe('a rate', () => {
  test.each([
    ['1000', 1000],
    ['1000/s', 1000],
    ['1000 rps', 1000],
    ['1,000 req/s', 1000],
    ['2_000', 2000],
    ['90/min', 1.5],
    [12.5, 12.5],
  ])('%j is %d a second', (input, rate) => {
    expect(parseRate(input)).toBe(rate)
  })

  test('says what was found and what is taken', () => {
    expect(refusal(() => parseRate('1000ms'))).toMatchInlineSnapshot(
      `"Failed to read rate "1000ms": "ms" is not a unit of a rate. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'."`,
    )
  })
})

describe('a CPU share', () => {
  test.each([
    ['70%', 0.7],
    ['70 % of one core', 0.7],
    ['150%', 1.5],
    ['1.5 cores', 1.5],
    ['1 core', 1],
    ['70% of machine', 2.8],
    ['70% of the machine', 2.8],
    [0.7, 0.7],
    [3, 3],
  ])('%j on four cores is %d of one core', (input, share) => {
    expect(parseCpu(input, 4)).toBe(share)
  })

  test('says what was found and what is taken', () => {
    expect(refusal(() => parseCpu(70, 4))).toMatchInlineSnapshot(
      `"Failed to read CPU share 70: a number is a share of one core, and this machine has 4. Did you mean '70%'? Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'."`,
    )
    expect(refusal(() => parseCpu('0.7', 4))).toMatchInlineSnapshot(
      `"Failed to read CPU share "0.7": it has no unit. Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'."`,
    )
    expect(refusal(() => parseCpu('70 apples', 4))).toMatchInlineSnapshot(
      `"Failed to read CPU share "70 apples": "apples" is not a unit of CPU. Write a share of one core as a number (0.7), or text such as '70%', '1.5 cores' or '70% of machine'."`,
    )
  })
})

describe('written for people', () => {
  test.each([
    [87.234, '87.2 ms'],
    [100, '100 ms'],
    [0.1824, '0.182 ms'],
    [0.004, '0.004 ms'],
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [1234.4, '1.23 s'],
    [59_999, '60 s'],
    [119_400, '119 s'],
    [119_900, '2 min'],
    [125_000, '2 min 5 s'],
    [119_999_999, '33 h 20 min'],
    [Number.NaN, 'n/a'],
  ])('%d ms as %j', (value, text) => {
    expect(formatMs(value)).toBe(text)
  })

  test.each([
    [199_000_000, '199 MB'],
    [1_214_000_000, '1.21 GB'],
    [999_700_000, '1 GB'],
    [512, '512 B'],
    [0, '0 B'],
    [-1_500_000, '-1.5 MB'],
    [5e15, '5000 TB'],
  ])('%d bytes as %j', (value, text) => {
    expect(formatBytes(value)).toBe(text)
  })

  test('bytes in binary units', () => {
    expect(formatBytes(209_715_200, 3, 'binary')).toBe('200 MiB')
    expect(formatBytes(231_000_000, 3, 'binary')).toBe('220 MiB')
  })

  test.each([
    [0.00123, '0.123 %'],
    [0.7, '70 %'],
    [0.07, '7 %'],
    [1.5, '150 %'],
    [0.0000001, '0.00001 %'],
    [0, '0 %'],
    [12.345, '1,235 %'],
    [1e308, 'n/a'],
  ])('share %d as %j', (value, text) => {
    expect(formatShare(value)).toBe(text)
  })

  test.each([
    [12_394.6, '12,395/s'],
    [98.24, '98.2/s'],
    [0.5, '0.5/s'],
    [1_000_000, '1,000,000/s'],
  ])('rate %d as %j', (value, text) => {
    expect(formatRate(value)).toBe(text)
  })

  test('counts by thousands', () => {
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567'])
  })

  test('a bound keeps every digit it was written with', () => {
    expect(formatMs(parseDuration('1234ms'), EXACT)).toBe('1.234 s')
    expect(formatMs(parseDuration('125125ms'), EXACT)).toBe('2 min 5.125 s')
    expect(formatShare(parseShare('0.07%'), EXACT)).toBe('0.07 %')
    expect(formatRate(parseRate('1234.56/s'), EXACT)).toBe('1,234.56/s')
  })

  test('what is written is read again as the same, to the digits shown', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), value => {
        expect(parseDuration(formatMs(value, EXACT))).toBeCloseTo(value, 6)
        expect(Math.abs(parseDuration(formatMs(value)) - value) / value).toBeLessThan(0.0051)
        expect(Math.abs(parseBytes(formatBytes(value)) - value) / value).toBeLessThan(0.0051)
        expect(Math.abs(parseRate(formatRate(value)) - value) / value).toBeLessThan(0.0051)
      }),
    )
  })
})
