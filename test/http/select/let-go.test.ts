import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { parsePointer } from '../../../src/expression/index.ts'
import { collectGarbage } from '../../../src/ground/garbage.ts'
import { JsonReader, selectPointers } from '../../../src/http/select/index.ts'

test('what has been read is held no more', async () => {
  const reader = new JsonReader()
  const selection = selectPointers([parsePointer('/id')])
  const read = () => {
    const bytes = Buffer.from(JSON.stringify({ list: Array.from({ length: 20_000 }, (_, n) => [n]), id: 7 }))
    expect(reader.read(selection, bytes, 0, bytes.length)).toBe(true)
    return new WeakRef(bytes)
  }
  const bytes = read()
  await collectGarbage(Number.POSITIVE_INFINITY)
  expect(bytes.deref()).toBeUndefined()
  expect(reader.values).toEqual([7])
})
