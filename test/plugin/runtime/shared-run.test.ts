import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SharedRun } from '../../../plugin/runtime/shared-run.ts'
import type { Workflow } from '../../../src/document/model.ts'
import type { FunctionalRun } from '../../../src/workflow/functional.ts'
import type { Next, StepRun, WorkflowReport } from '../../../src/workflow/outcome.ts'

const workflow = {
  workflowId: 'w',
  steps: ['a', 'b', 'c'].map(stepId => ({ stepId, target: { kind: 'operation' } })),
} as unknown as Workflow

function record(stepId: string, state: 'passed' | 'failed', next: Next, over: object = {}): StepRun {
  return {
    stepId,
    state,
    next,
    workflowId: 'w',
    depth: 0,
    attempt: 1,
    checks: [],
    outputs: {},
    ...over,
  } as unknown as StepRun
}

const on: Next = { go: 'on' }
const end: Next = { go: 'end' }
const retry: Next = { go: 'retry', after: 0, left: 1 }
const to = (stepId: string): Next => ({ go: 'step', stepId })

/** A run that does what is written down. */
function scripted(
  records: StepRun[],
  state: WorkflowReport['state'] = 'passed',
  because?: string,
  of: Workflow = workflow,
) {
  const done: StepRun[] = []
  let closed = 0
  let masked = 0
  const run: FunctionalRun = {
    isOver: false,
    startedAt: undefined,
    mask: text => text,
    known: () => ({ values: {}, secretNames: [] }),
    async next() {
      await sleep(0)
      const record = records.shift()
      if (record) done.push(record)
      return record
    },
    masked(record) {
      masked++
      return record
    },
    shown() {
      return this.report()
    },
    report: () => ({ state, because, outputs: {}, steps: [...done] }),
    async close() {
      closed++
    },
  }
  const shared = new SharedRun(of, () => run, 10_000)
  const driveTo = (stepId: string, toEnd = false) => shared.driveTo(stepId, { toEnd })
  return {
    shared,
    driveTo,
    done: () => done.map(run => run.stepId).join(' '),
    closed: () => closed,
    masked: () => masked,
  }
}

test('a step is driven to and no further; the next one goes on from there', async () => {
  const { shared, driveTo, done } = scripted([
    record('a', 'passed', on),
    record('b', 'passed', on),
    record('c', 'passed', end),
  ])
  await driveTo('b')
  expect(done()).toBe('a b')
  await driveTo('a')
  expect(done()).toBe('a b')
  await driveTo('c', true)
  expect(done()).toBe('a b c')
  expect(shared.isOver).toBe(true)
  expect(shared.failure).toBeUndefined()
})

test('several drivers take turns', async () => {
  const { driveTo, done } = scripted([record('a', 'passed', on), record('b', 'passed', on), record('c', 'passed', end)])
  await Promise.all([driveTo('c', true), driveTo('a'), driveTo('b')])
  expect(done()).toBe('a b c')
})

test('a step that is tried again has no result before its last attempt', async () => {
  const attempts = [1, 2].map(attempt => record('a', 'failed', retry, { attempt }))
  const { shared, driveTo } = scripted([...attempts, record('a', 'passed', on, { attempt: 3 })])
  await driveTo('a')
  expect(shared.resultOf('a')).toMatchObject({ state: 'passed', attempt: 3 })
  expect(shared.attemptsOf('a').map(run => run.state)).toEqual(['failed', 'failed', 'passed'])
})

test('a failure that nothing handles ends the run, and belongs to its step', async () => {
  const { shared, driveTo } = scripted([record('a', 'failed', end)], 'failed', 'step "a" failed')
  await driveTo('a')
  expect(shared.isOver).toBe(true)
  expect(shared.failedStepId).toBe('a')
  expect(shared.failure).toMatchObject({ because: 'step "a" failed', within: [] })
  expect(shared.whyNotReached('b')).toBe('not reached: step "a" failed')
})

test('a failure that the workflow goes on from is none', async () => {
  const { shared, driveTo } = scripted([record('a', 'failed', to('c')), record('c', 'passed', end)])
  await driveTo('a')
  expect(shared.failure).toBeUndefined()
  await driveTo('b')
  expect(shared.failure).toBeUndefined()
  expect(shared.whyNotReached('b')).toBe('not reached: step "a" went on to step "c"')
})

test('steps of nested workflows are no results of ours, but say why the calling step failed', async () => {
  const deeper = { workflowId: 'other', depth: 2 }
  const { shared, driveTo } = scripted(
    [
      record('x', 'passed', on, { workflowId: 'other', depth: 1 }),
      record('b', 'failed', end, deeper),
      record('b', 'failed', end, { workflowId: 'other', depth: 1 }),
      record('a', 'failed', end),
    ],
    'failed',
  )
  await driveTo('a')
  expect(shared.resultOf('b')).toBeUndefined()
  expect(shared.failure!.within.map(run => run.depth)).toEqual([2, 1])
})

test('a failure outside of this workflow belongs to no test of it', async () => {
  const { shared, driveTo } = scripted(
    [
      record('a', 'passed', { go: 'workflow', workflowId: 'other' }),
      record('x', 'failed', end, { workflowId: 'other' }),
    ],
    'failed',
    'step "x" failed: no',
  )
  await driveTo('b')
  expect(shared.failure).toMatchObject({ run: { stepId: 'x' } })
  expect(shared.failedStepId).toBeUndefined()
  expect(shared.whyNotReached('b')).toBe('not reached: step "x" failed: no')
})

test.each([
  [
    'the step that ended it',
    record('a', 'passed', { go: 'end', action: 'enough' }),
    'not reached: step "a" ended the workflow',
  ],
  [
    'the workflow it went on to',
    record('a', 'passed', { go: 'workflow', workflowId: 'other' }),
    'not reached: step "a" went on to workflow "other"',
  ],
])('a step that was not reached names %s', async (_, only, note) => {
  const { shared, driveTo } = scripted([only])
  await driveTo('c', true)
  expect(shared.whyNotReached('c')).toBe(note)
})

test('a run that cannot begin says so once, and is over', async () => {
  let opened = 0
  const shared = new SharedRun(
    workflow,
    () => {
      opened++
      throw new Error('no server')
    },
    1_000,
  )
  await shared.driveTo('a', { toEnd: false })
  await shared.driveTo('b', { toEnd: false })
  expect(opened).toBe(1)
  expect(shared.failure?.thrown).toEqual(new Error('no server'))
  expect(shared.whyNotReached('b')).toBe('not reached: the workflow could not start')
})

test('masks the attempts of a step alone: the time for all steps grows with their number, not with its square', async () => {
  const ids = Array.from({ length: 100 }, (_, i) => `s${i}`)
  const steps = ids.map(stepId => ({ stepId, target: { kind: 'operation' } }))
  const records = ids.map(id => record(id, 'passed', id === ids.at(-1) ? end : on))
  const many = { workflowId: 'w', steps } as unknown as Workflow
  const { shared, driveTo, masked } = scripted(records, 'passed', undefined, many)
  for (const id of ids) {
    await driveTo(id)
    expect(shared.attemptsOf(id)).toMatchObject([{ stepId: id }])
  }
  expect(masked()).toBe(100)
})

/** A run that keeps silent until it is aborted. */
function silent(signal: AbortSignal): FunctionalRun {
  return {
    isOver: false,
    startedAt: undefined,
    mask: text => text,
    known: () => ({ values: {}, secretNames: [] }),
    async next() {
      if (!signal.aborted) await once(signal, 'abort')
      return undefined
    },
    masked: record => record,
    shown() {
      return this.report()
    },
    report: () => ({ state: 'failed', because: 'the run was aborted', outputs: {}, steps: [] }),
    close: async () => {},
  }
}

test('patience has an end', async () => {
  const shared = new SharedRun(workflow, silent, 20)
  await shared.driveTo('a', { toEnd: false })
  expect(shared.failure?.because).toBe('no response within 20 ms')
})

test('a test that is aborted ends the run', async () => {
  const shared = new SharedRun(workflow, silent, 60_000)
  const driver = new AbortController()
  const driven = shared.driveTo('a', { toEnd: false, signal: driver.signal })
  driver.abort(new Error('the user said stop'))
  await driven
  expect(shared.failure?.because).toBe('the user said stop')
})

test('closing ends the run where it is', async () => {
  const { shared, driveTo, done, closed } = scripted([record('a', 'passed', on), record('b', 'passed', on)])
  await driveTo('a')
  await shared.close()
  await driveTo('b')
  expect(done()).toBe('a')
  expect(closed()).toBe(1)
})

test('steps at the same time: after a failure the run is driven to its end, and each failure is of its step', async () => {
  const done = [
    record('a', 'failed', end),
    record('b', 'passed', on),
    record('inner', 'failed', end, { depth: 1 }),
    record('c', 'failed', end),
  ]
  const { shared, driveTo } = scripted(done, 'failed', 'both failed', { ...workflow, parallel: true })
  await driveTo('a')
  expect(shared.isOver).toBe(true)
  expect(shared.failures.map(one => [shared.stepOf(one), one.within.map(({ stepId }) => stepId)])).toEqual([
    ['a', []],
    ['c', ['inner']],
  ])
  expect(shared.failures.map(({ because }) => because)).toEqual(['both failed', 'both failed'])
})

test('what made a calling step fail is found beside what ran with it', async () => {
  const { shared, driveTo } = scripted(
    [
      record('handled', 'failed', end, { depth: 2 }),
      record('mended', 'failed', retry, { depth: 1 }),
      record('mended', 'passed', on, { depth: 1 }),
      record('inner', 'failed', end, { depth: 1 }),
      record('beside', 'passed', on, { depth: 1 }),
      record('a', 'failed', end),
    ],
    'failed',
  )
  await driveTo('a', true)
  expect(shared.failure?.within.map(({ stepId }) => stepId)).toEqual(['inner'])
})
