import { deserialize, serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { gather } from '../../src/hosts/coordinator/gather.ts'
import type { Ask, Hello } from '../../src/hosts/messages.ts'
import { subjects } from '../../src/hosts/subjects.ts'
import { realClock } from '../../src/measure/clock.ts'
import { helloOf } from './fake-agent.ts'
import { memoryBus } from './memory-bus.ts'

/** Addresses that are gathered where each of these responds to the asks of these numbers. */
async function gathered(
  agents: [address: string, from: number, to: number][],
  options: Partial<Parameters<typeof gather>[1]>,
  lie?: Partial<Hello>,
) {
  const bus = memoryBus()
  for (const [address, from, to] of agents) {
    let asked = 0
    bus.subscribe(subjects.ask, bytes => {
      asked++
      const hello = { ...helloOf(address.split('.')[0]!, address), ...lie }
      const { ask } = deserialize(bytes) as Ask
      if (asked >= from && asked <= to) bus.publish(subjects.fromAgent(address, ask), serialize(hello))
    })
  }
  const found = await gather(bus, { wait: 5_000, since: realClock.now(), ...options })
  return found.map(({ address }) => address)
}

const always = Number.POSITIVE_INFINITY

test('agents that were started again while others were waited for are those of today, and no twins', async () => {
  const first: [string, number, number][] = [
    ['eu-1.a', 1, 2],
    ['eu-1.b', 3, always],
  ]
  const atOnce = await gathered([...first, ['eu-2.a', 3, always]], { count: 2 })
  const later = await gathered([...first, ['eu-2.a', 5, always]], { count: 2 })
  expect([atOnce, later]).toEqual(Array(2).fill(['eu-1.b', 'eu-2.a']))
})

test('one that responds no more is not counted', async () => {
  const agents: [string, number, number][] = [
    ['eu-1.a', 1, 1],
    ['eu-2.a', 4, always],
  ]
  const gone = gathered(agents, { count: 2, wait: 2_600 })
  await expect(gone).rejects.toThrow('Failed to gather agents: 1 of 2 were free within 2.6 s (eu-2).')
})

test('one that misses an ask is counted, and two of one name are told', async () => {
  const agents: [string, number, number][] = [
    ['eu-1.a', 1, 1],
    ['eu-2.a', 2, always],
  ]
  expect(await gathered(agents, { count: 2 })).toEqual(['eu-1.a', 'eu-2.a'])
  const twins = agents.map(([, ...asks], place): [string, number, number] => [`eu-1.${place}`, ...asks])
  twins[0]![2] = always
  await expect(gathered(twins, { count: 2 })).rejects.toThrow('two are called "eu-1"')
})

test.concurrent.each<[string, Partial<Hello>]>([
  ['another name', { name: 'eu-1' }],
  ['the address of another', { name: 'eu-1', address: 'eu-1.a' }],
  ['an address without its name', { address: 'eu-22.a' }],
  ['an address of more words', { address: 'eu-2.a.b' }],
  ['a name that is no word', { name: 'eu-2.*' }],
  ['more threads than there can be', { threads: 1e9 }],
  ['a key that is none', { key: 'x' as never }],
])('one that responds with %s is not counted', async (_, lie) => {
  const agents: [string, number, number][] = [['eu-2.a', 1, always]]
  expect(await gathered(agents, { count: 1 })).toEqual(['eu-2.a'])
  await expect(gathered(agents, { count: 1, wait: 600 }, lie)).rejects.toThrow('0 of 1 were free')
})
