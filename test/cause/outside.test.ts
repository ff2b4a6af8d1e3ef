import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Line, Location, Function as PprofFunction, Profile, Sample, StringTable, ValueType } from 'pprof-format'
import { describe, expect, test } from 'vitest'
import { functionsIn } from '../../src/cause/functions.ts'
import { bytesOf, stacksIn } from '../../src/cause/outside/read.ts'
import { profileOf } from '../../src/cause/outside/stacks.ts'
import { stacksOf, turnsIn } from '../../src/cause/profile.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

/** Functions of a checkout with their milliseconds, and busy time, as the pass sees them. */
function seen(written: Uint8Array, checkout: string, duration = 5_000_000) {
  const turns = turnsIn(profileOf(stacksIn(written), duration), 7e9, 8e9)
  const functions = [...functionsIn(stacksOf(turns), checkout).values()]
  return {
    busy: Math.round(turns.reduce((sum, { length }) => sum + length, 0)),
    functions: functions.map(({ name, file, time, lines }) => ({
      name,
      file,
      time: time / 1_000,
      lines: [...lines.keys()],
    })),
  }
}

describe('collapsed stacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outside-'))

  test('are functions of the checkout, of packages, and those without a place', () => {
    const text = [
      `serve (/usr/lib/python3/socketserver.py:20);get (${folder}/app.py:8);price_of (${folder}/prices.py:41) 30`,
      `serve (/usr/lib/python3/socketserver.py:20);get (${folder}/app.py:8);price_of (${folder}/prices.py:42) 10`,
      `get (${folder}/app.py:8);dumps (/venv/lib/python3.12/site-packages/orjson/core.py:3) 5`,
      'collect 5',
      'a line that is none',
      '',
    ]
    expect(seen(bytes(text.join('\r\n')), folder)).toEqual({
      busy: 500,
      functions: [
        { name: 'price_of', file: 'prices.py', time: 400, lines: [41, 42] },
        { name: 'get', file: 'app.py', time: 50, lines: [8] },
        { name: 'collect', file: undefined, time: 50, lines: [] },
      ],
    })
  })

  test('of several threads may have more time than the window', () => {
    expect(seen(bytes('work 900'), folder).busy).toBe(9_000)
  })

  test('that are hostile are bounded', () => {
    const deep = Array.from({ length: 100_000 }, (_, i) => `f${i}`).join(';')
    const wide = Array.from({ length: 250_000 }, (_, i) => `g${i};h 1`).join('\n')
    const profile = profileOf(stacksIn(bytes(`${deep} 3\n${wide}`)), 1)
    expect(profile.nodes.length).toBeLessThan(200_010)
    expect(() => stacksIn(bytes('<html>not found</html>'))).toThrow('neither collapsed stacks')
    expect(() => stacksIn(new Uint8Array([0x1f, 0x8b, 1, 2, 3]))).toThrow(/./)
    expect(() => stacksIn(gzipSync(new Uint8Array(80_000_000)))).toThrow(/larger than/)
  })

  test('are read from a regular file only', () => {
    const pipe = join(folder, 'pipe')
    spawnSync('mkfifo', [pipe])
    expect(() => bytesOf(pipe)).toThrow('it is no regular file')
    const file = join(folder, 'stacks')
    writeFileSync(file, 'main 1')
    expect(stacksIn(bytesOf(file))).toEqual([{ frames: [{ name: 'main', file: '', line: 0 }], time: 10_000 }])
  })
})

/** A profile of pprof, as Go writes it: samples, and nanoseconds of CPU time. */
function pprof(folder: string, units: readonly [string, string][]): Uint8Array {
  const stringTable = new StringTable()
  const at = (text: string) => stringTable.dedup(text)
  const sampleType = units.map(([type, unit]) => new ValueType({ type: at(type), unit: at(unit) }))
  const named = (id: number, name: string, filename: string) =>
    new PprofFunction({ id, name: at(name), filename: at(filename) })
  const located = (id: number, ...line: [functionId: number, line: number][]) =>
    new Location({ id, line: line.map(([functionId, line]) => new Line({ functionId, line })) })
  const functions = [
    named(1, 'main.main', `${folder}/main.go`),
    named(2, 'main.priceOf', `${folder}/prices.go`),
    named(3, 'main.round', `${folder}/prices.go`),
    named(4, 'gin.Next', '/root/go/pkg/mod/github.com/gin-gonic/gin@v1.10.0/context.go'),
  ]
  const location = [located(1, [1, 9]), located(2, [3, 70], [2, 41]), located(3, [4, 5])]
  const sample = [
    new Sample({ locationId: [2, 1], value: [3, 30_000_000] }),
    new Sample({ locationId: [3], value: [1, 10_000_000] }),
  ]
  return gzipSync(new Profile({ stringTable, sampleType, sample, location, function: functions }).encode())
}

test('a profile of pprof has its CPU time by function, those that were inlined too', () => {
  const units: [string, string][] = [
    ['samples', 'count'],
    ['cpu', 'nanoseconds'],
  ]
  const folder = mkdtempSync(join(tmpdir(), 'outside-'))
  expect(seen(pprof(folder, units), folder)).toEqual({
    busy: 40,
    functions: [
      { name: 'main.round', file: 'prices.go', time: 30, lines: [70] },
      { name: 'github.com/gin-gonic/gin', file: undefined, time: 10, lines: [] },
    ],
  })
  const ofHeap = pprof(folder, [
    ['inuse_objects', 'count'],
    ['inuse_space', 'bytes'],
  ])
  expect(() => stacksIn(ofHeap)).toThrow('it has no times')
})
