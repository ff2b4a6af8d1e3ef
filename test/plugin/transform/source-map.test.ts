import { decodedMappings, TraceMap } from '@jridgewell/trace-mapping'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Segment, sourceMap } from '../../../plugin/transform/suite.ts'

const place = fc.record({ line: fc.integer({ min: 1, max: 100_000 }), column: fc.integer({ min: 1, max: 5_000 }) })

test('what is written is what a reader of source maps finds, near and far, forwards and back', () => {
  const gap = fc.record({
    lines: fc.integer({ min: 0, max: 3 }),
    columns: fc.integer({ min: 1, max: 2_000 }),
    at: place,
  })
  fc.assert(
    fc.property(fc.array(gap, { minLength: 1, maxLength: 30 }), gaps => {
      const segments: Segment[] = []
      let [line, column] = [0, 0]
      for (const { lines, columns, at } of gaps) {
        column = lines > 0 ? columns : column + columns
        line += lines
        segments.push({ line, column, at: { file: 'x.yaml', ...at } })
      }
      const decoded = decodedMappings(new TraceMap(sourceMap('x.yaml', '', segments) as never))
      const found = decoded.flatMap((ofLine, line) =>
        ofLine.map(([column, , sourceLine, sourceColumn]) => ({
          line,
          column,
          at: { file: 'x.yaml', line: sourceLine! + 1, column: sourceColumn! + 1 },
        })),
      )
      expect(found).toEqual(segments)
    }),
  )
})
