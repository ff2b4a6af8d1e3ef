import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { causeOfMemory } from '../../src/cause/memory-pass.ts'
import type { Launch, Side, SideName } from '../../src/compare/pair.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { freshFolder } from '../builders/folder.ts'

const MB = 1e6

/** What a side has at its start, and how its function grows from one reading to the next. */
interface Shape {
  growth: number
  start?: number
  modules?: string[]
}

/** Looks at two sides whose readings are made up, with as little time as that takes. */
async function causeOf(shapes: Record<SideName, Shape>, change?: number) {
  const folder = freshFolder('memory')
  const sideOf = (name: SideName): Side => {
    const { growth, start = 60 * MB, modules = [] } = shapes[name]
    let count = 0
    const heap = async () => {
      const size = 10 * MB + growth * count++
      const frame = {
        functionName: 'keep',
        url: pathToFileURL(join(folder, 'keep.js')).href,
        lineNumber: 0,
        columnNumber: 0,
      }
      const nodes = [{ id: 0, callFrame: frame, selfSize: size, parent: -1 }]
      const scripts = ['app.js', ...modules].map(path => [pathToFileURL(join(folder, path)).href, 2 * MB])
      const file = join(folder, `${name}-0.heap`)
      writeFileSync(file, JSON.stringify({ rss: start + growth * count, heap: size, buffers: 0, nodes, scripts }))
      return [file]
    }
    const profilers = { refusals: new Set<string>(), threads: 1, start: async () => {}, stop: async () => [], heap }
    return { launch: async () => ({ profilers, stop: async () => {} }) as Launch }
  }
  const { causeBy, files } = await causeOfMemory({
    sides: { base: sideOf('base'), head: sideOf('head') },
    checkouts: { base: folder, head: folder },
    signal: new AbortController().signal,
    maxDuration: 14_000,
    load: async (_, { warmUp, duration }) => {
      await new Promise(resolve => setTimeout(resolve, warmUp + duration + 200))
      return { rps: 1_000 } as LoadReport
    },
  })
  expect(files.map(({ name }) => name)).toEqual(['base.heapprofile', 'head.heapprofile'])
  return causeBy(change)
}

const slow = { timeout: 60_000, concurrent: true }

test('a function that grows on head alone is the cause', slow, async () => {
  const cause = await causeOf({ base: { growth: 0 }, head: { growth: 4 * MB } })
  expect(cause).toMatchObject({ kind: 'growth', functions: [{ function: { name: 'keep', file: 'keep.js' } }] })
})

test('a function that grows as much on base is none', slow, async () => {
  const cause = await causeOf({ base: { growth: 4 * MB }, head: { growth: 4.5 * MB } }, 15 * MB)
  expect(cause).toMatchObject({ kind: 'not found', reason: expect.stringContaining('at its start') })
})

test('a larger start is that of the modules that head loads in addition', slow, async () => {
  const head = { growth: 0, start: 80 * MB, modules: ['node_modules/big/index.js'] }
  expect(await causeOf({ base: { growth: 0 }, head }, 20 * MB)).toEqual({
    kind: 'start',
    added: 20 * MB,
    modules: [{ name: 'big', files: 1, size: 2 * MB }],
  })
})
