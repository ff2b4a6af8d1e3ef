import { Buffer } from 'node:buffer'
import { bench, describe } from 'vitest'
import { getAt, parsePointer } from '../../src/expression/pointer.ts'
import { JsonReader, selectPointers } from '../../src/http/select/index.ts'
import { document, plain } from '../macro/bodies.ts'

const reader = new JsonReader()

function compare(title: string, json: string, text: string): void {
  const bytes = Buffer.from(json)
  const pointer = parsePointer(text)
  const selection = selectPointers([pointer])
  describe(`${text} of ${title}`, () => {
    bench('read from the bytes', () => {
      if (!reader.read(selection, bytes, 0, bytes.length)) throw new Error(reader.fault.found)
    })
    bench('JSON.parse and the pointer', () => {
      getAt(JSON.parse(bytes.toString()), pointer)
    })
  })
}

compare('91 bytes', plain, '/status')
compare('10 KB', document(10_000), '/id')
compare('10 KB', document(10_000), '/total')
compare('1 MB', document(1_000_000), '/id')
compare('1 MB', document(1_000_000), '/total')
