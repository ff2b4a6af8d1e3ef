import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Client } from '../../../plugin/coordinator/client.ts'
import { type Coordinator, openCoordinator } from '../../../plugin/coordinator/server.ts'
import { readLog } from '../../../src/load/applications.ts'

describe('without a coordinator', () => {
  test('loads of one process run one after the other, in their order', async () => {
    const client = new Client()
    const events: string[] = []
    const load = (name: string) =>
      client.exclusive(name, async () => {
        events.push(`${name} begins`)
        await sleep(20)
        events.push(`${name} ends`)
      })
    await Promise.all([load('one'), load('two')])
    expect(events).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
  })

  test('the value comes back, and so does the error; neither stands in the way of the next', async () => {
    const client = new Client()
    expect(await client.exclusive('one', async () => 1)).toBe(1)
    await expect(client.exclusive('two', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await client.exclusive('three', async () => 3)).toBe(3)
  })

  test('a load within a load runs at once', async () => {
    const client = new Client()
    expect(await client.exclusive('outer', () => client.exclusive('inner', async () => 'done'))).toBe('done')
  })

  test('who gives up waiting is not called', async () => {
    const client = new Client()
    const first = client.exclusive('first', () => sleep(50))
    const called: string[] = []
    const signal = AbortSignal.timeout(10)
    const second = client.exclusive('second', async () => called.push('second'), signal)
    await expect(second).rejects.toThrow('due to timeout')
    await first
    expect(called).toEqual([])
  })

  test('entering and leaving a file is nothing', async () => {
    const client = new Client()
    await client.enterFile()
    client.leaveFile()
  })
})

describe('tests of one file', () => {
  test('a load refuses to run beside other tests', async () => {
    const client = new Client()
    await client.testStarts('1', 'search under load')
    await client.testStarts('2', 'cart')
    await expect(client.exclusive('search', async () => {})).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: Failed to run load "search": 2 tests of this file run at the same time ("search under load", "cart"). No other test may run during a load: take "concurrent" off these tests, or move the load to a file of its own.]`,
    )
    client.testEnds('2')
    expect(await client.exclusive('search', async () => 'alone')).toBe('alone')
  })

  test('a test that would start beside a load starts after it', async () => {
    const client = new Client()
    const events: string[] = []
    await client.testStarts('1', 'load')
    const load = client.exclusive('load', () => sleep(30)).then(() => events.push('load has ended'))
    const other = client.testStarts('2', 'other').then(() => events.push('other starts'))
    await Promise.all([load, other])
    expect(events).toEqual(['load has ended', 'other starts'])
  })
})

describe('with a coordinator', () => {
  let coordinator: Coordinator
  beforeEach(async () => {
    coordinator = await openCoordinator()
  })
  afterEach(() => coordinator.close())

  async function enter(file: string): Promise<Client> {
    const client = new Client()
    client.registration = { coordinator: { ...coordinator.address, project: 'unit' }, file }
    await client.enterFile()
    return client
  }

  test('a load that gives up waiting lets others in, and the next test of its file waits for its share', async () => {
    const [a, b] = await Promise.all([enter('/a.test.ts'), enter('/b.test.ts')])
    await a.testStarts('1', 'impatient')
    const signal = AbortSignal.timeout(20)
    await expect(a.exclusive('impatient', async () => {}, signal)).rejects.toThrow('due to timeout')
    a.testEnds('1')

    const events: string[] = []
    const load = b.exclusive('load', async () => {
      events.push('load begins')
      await sleep(50)
      events.push('load ends')
    })
    await sleep(10)
    await a.testStarts('2', 'next')
    events.push('next starts')
    await load
    expect(events).toEqual(['load begins', 'load ends', 'next starts'])
  })

  test('after its load a file goes on sharing: another load waits for it to leave', async () => {
    const [a, b] = await Promise.all([enter('/a.test.ts'), enter('/b.test.ts')])
    b.leaveFile()
    await a.exclusive('first', async () => {})
    await b.enterFile()
    const alone: string[] = []
    const second = b.exclusive('second', async () => alone.push('second'))
    await sleep(30)
    expect(alone).toEqual([])
    a.leaveFile()
    await second
    expect(alone).toEqual(['second'])
  })
})

describe('the log of an application', () => {
  test('is that of the project and the name, as it is a moment later, however long', async () => {
    const lines = ['before', 'ü"\\'.repeat(20_000)]
    const coordinator = await openCoordinator(undefined, (project, name, since) =>
      [project, name ?? 'the only one', `since ${since}`, ...lines].join('\n'),
    )
    const address = { ...coordinator.address, project: 'shop' }
    const asked = [readLog(address, 'db', 7), readLog(address, undefined, 7)]
    lines.push('meanwhile')
    const both = ['db', 'the only one'].map(name => ['shop', name, 'since 7', ...lines].join('\n'))
    expect(await Promise.all(asked)).toEqual(both)
    await coordinator.close()
  })

  test('is not taken to be empty when nobody responds, or the token is wrong', async () => {
    const coordinator = await openCoordinator(undefined, () => 'something')
    const address = { ...coordinator.address, project: 'shop' }
    await expect(readLog({ ...address, token: 'another' }, undefined)).rejects.toThrow('the connection was closed')
    const asked = readLog(address, undefined)
    await coordinator.close()
    await expect(asked).rejects.toThrow()
    await expect(readLog(address, undefined)).rejects.toThrow('ECONNREFUSED')
  })
})
