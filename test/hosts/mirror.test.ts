import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mirrorOf } from '../../src/hosts/mirror.ts'

test('a memory and its mirror are alike after each change, within what is mirrored', () => {
  const length = fc.integer({ min: 1, max: 60 })
  const writes = fc.array(fc.tuple(fc.nat(239), fc.integer()), { maxLength: 30 })
  fc.assert(
    fc.property(length, length, fc.array(writes, { maxLength: 5 }), (gap, size, rounds) => {
      const [memory, other] = [new SharedArrayBuffer(960), new SharedArrayBuffer(960)]
      const range = { from: 4 * gap, to: 4 * (gap + size) }
      const part = { name: 'books', byRun: [range], byThreads: [] }
      const teller = mirrorOf([{ ...part, memory }], 'byRun')
      const listener = mirrorOf([{ ...part, memory: other }], 'byThreads')
      for (const round of rounds) {
        for (const [cell, value] of round) new Int32Array(memory)[cell] = value
        listener.apply(teller.take())
        expect(teller.take()).toEqual([])
        const within = (of: SharedArrayBuffer) => [...new Uint8Array(of, range.from, range.to - range.from)]
        expect(within(other)).toEqual(within(memory))
        const outside = new Uint8Array(other).filter((_, at) => at < range.from || at >= range.to)
        expect(outside.every(byte => byte === 0)).toBe(true)
      }
    }),
  )
})

test('a change that lies outside of what the other side writes is refused', () => {
  const memory = new SharedArrayBuffer(64)
  const change = (at: number, length: number) => [
    { name: 'stop', pieces: [{ at, bytes: new Uint8Array(length).fill(1) }] },
  ]
  const mirror = mirrorOf(
    [{ name: 'stop', memory, byRun: [{ from: 8, to: 16 }], byThreads: [{ from: 0, to: 64 }] }],
    'byThreads',
  )
  for (const [at, length] of [
    [0, 8],
    [8, 16],
    [12, 8],
    [8, 3],
    [9, 4],
    [-8, 8],
    [64, 8],
  ] as const)
    expect(() => mirror.apply(change(at, length)), `${at} ${length}`).toThrow('lie outside')
  expect(new Uint8Array(memory).every(byte => byte === 0)).toBe(true)
})
