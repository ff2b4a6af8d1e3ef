import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { KeptLaunches } from '../../src/compare/kept-launches.ts'
import { type LaunchEnd, SIDES, type SideName } from '../../src/compare/pair.ts'
import { compare } from '../../src/compare/run.ts'
import { pairWith, type Written, wave } from './pairs.ts'

const RULES = { steps: ['search'], target: true, base: true, model: 'closed' } as const

interface App {
  name: SideName
  isRunning: boolean
  /** Pairs that had load on it. */
  pairs: number
  end(): void
}

/** Comparisons of one application, one after the other, with the launches that they keep. */
function worldOf(wanted: { left: number }) {
  const kept = new KeptLaunches(() => wanted.left > 0)
  const apps: App[] = []
  const side = (name: SideName) => ({
    async launch() {
      let resolve = (_: LaunchEnd) => {}
      const ended = new Promise<LaunchEnd>(done => {
        resolve = done
      })
      const app: App = { name, isRunning: true, pairs: 0, end: () => resolve({ how: 'exited', output: [] }) }
      apps.push(app)
      return {
        servers: String(apps.length - 1),
        ended: () => ended,
        async stop() {
          app.isRunning = false
          resolve({ how: 'was ended', output: [] })
        },
      }
    },
  })
  const run = async (
    budgets: object,
    figures: Partial<Record<SideName, Written>> = {},
    { onUsed = {} as Written, look = (_isUsed: boolean) => {} } = {},
  ) => {
    wanted.left--
    const asked: (number | undefined)[] = []
    const had: string[] = []
    const comparison = await compare({
      sides: { base: side('base'), head: side('head') },
      revisions: { base: { from: 'main' }, head: { from: 'the working tree' } },
      notes: [],
      budgets: readBudgets(budgets, RULES).relative,
      duel: {
        async leaveOutNew(launches) {
          look(launches.base.asked !== undefined)
          return { newSteps: [] }
        },
        async run(launches) {
          for (const name of SIDES) {
            const app = apps[Number(launches[name].servers)]!
            expect(app).toMatchObject({ name, isRunning: true })
            app.pairs++
            asked.push(launches[name].asked)
            had.push(launches[name].servers as string)
          }
          const used = launches.base.asked === undefined ? {} : onUsed
          return pairWith(
            { ...figures.base, ...used },
            { cpuTime: 400 * (1 + 0.01 * wave(had.length)), ...figures.head, ...used },
          )
        },
      },
      kept,
      maxDuration: 60_000,
      seed: 7,
      signal: new AbortController().signal,
    })
    expect(new Set(had).size).toBe(had.length)
    return { comparison, asked }
  }
  return { kept, apps, run, running: () => apps.filter(({ isRunning }) => isRunning).length }
}

const CPU = { cpuPerRequest: 'base + 5%' }

test('a load test has the launches of the one before it, each once, and the last one ends them', async () => {
  const { apps, run, running } = worldOf({ left: 2 })
  const first = await run(CPU)
  expect(first.comparison.budgets).toMatchObject([{ verdict: 'pass' }])
  expect(first.asked.every(asked => asked === undefined)).toBe(true)
  expect(running()).toBe(12)
  const second = await run(CPU)
  expect(second.comparison).toMatchObject({ pairs: 5, budgets: [{ verdict: 'pass' }] })
  expect(second.asked).toEqual(Array(12).fill(500))
  expect(apps).toHaveLength(12)
  expect(apps.map(({ pairs }) => pairs)).toEqual(Array(12).fill(2))
  expect(running()).toBe(0)
})

test('a load test that needs more pairs than were kept starts the others afresh', async () => {
  const { apps, run } = worldOf({ left: 3 })
  await run(CPU)
  const noisy = await run({ p50: 'base + 10%' }, { head: { latency: 5.49 } })
  expect(apps).toHaveLength(2 * Math.max(6, noisy.comparison.pairs + 1))
})

test('memory is judged by fresh launches, which may be kept by nobody', async () => {
  const { kept, apps, run, running } = worldOf({ left: 3 })
  await run(CPU)
  const { asked } = await run({ memory: 'base + 10MB' })
  expect(asked.every(one => one === undefined)).toBe(true)
  expect(apps.length).toBeGreaterThan(12)
  expect(running()).toBe(12)
  await kept.close()
  expect(running()).toBe(0)
})

test.each([
  ['answered more on one side', { head: { askedInAll: 900 } }],
  ['could not be measured', { head: { cause: 'it exited with code 1' } }],
])('launches that %s are not kept', async (_, figures) => {
  const { run, running } = worldOf({ left: 2 })
  await run(CPU, figures)
  expect(running()).toBe(0)
})

test('the other one of a kept pair ends with its first', async () => {
  const { apps, run, running } = worldOf({ left: 2 })
  await run(CPU)
  apps[0]!.isRunning = false
  apps[0]!.end()
  await expect.poll(running).toBe(10)
  const { comparison } = await run(CPU)
  expect(comparison).toMatchObject({
    budgets: [{ verdict: 'pass' }],
    notes: ['base exited after the load of one load test and before that of the next'],
  })
  expect(running()).toBe(0)
})

/** As if the rows of the first load test were there already. */
const CONFLICT = { failing: 1 }

test.each([
  ['all iterations fail', { onUsed: CONFLICT }],
  ['some do', { onUsed: { failing: 0.02 } }],
  ['some of the warm-up do', { onUsed: { warmUp: { failed: 1, of: 100 } } }],
  ['it cannot be measured', { onUsed: { cause: 'connect ECONNREFUSED' } }],
])('if %s on what an earlier load test has left, all launches are fresh', async (_, on) => {
  const { kept, apps, run, running } = worldOf({ left: 2 })
  await run(CPU)
  const { comparison, asked } = await run({ ...CPU, errorRate: 'base + 1%' }, {}, on)
  expect(comparison.budgets).toMatchObject([{ verdict: 'pass' }, { verdict: 'pass' }])
  expect(
    asked.filter(one => one !== undefined),
    'one pair was tried',
  ).toHaveLength(2)
  expect(apps).toHaveLength(24)
  expect(running(), 'what was not tried').toBe(10)
  await kept.close()
  expect(running()).toBe(0)
})

test('nor is a launch with a past a reason to compare nothing', async () => {
  const { run } = worldOf({ left: 2 })
  await run(CPU)
  const look = (isUsed: boolean) => {
    if (isUsed) throw new Error('base has no route of step "search"')
  }
  const { comparison } = await run(CPU, {}, { look })
  expect(comparison.cause).toBeUndefined()
  expect(comparison.budgets).toMatchObject([{ verdict: 'pass' }])
})

test('what fails on fresh launches too fails', async () => {
  const { run } = worldOf({ left: 2 })
  await run(CPU)
  const { comparison } = await run({ errorRate: 'base + 1%' }, { head: { failing: 0.1 } })
  expect(comparison.budgets).toMatchObject([{ verdict: 'fail' }])
})
