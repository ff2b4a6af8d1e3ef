import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../plugin/server/address.ts'

test('free ports: each another, free, and none that the system may give to somebody else in between', async () => {
  const ports: number[] = []
  for (let n = 0; n < 200; n++) ports.push(await freePort())
  expect(new Set(ports).size).toBe(200)
  const held = createServer().listen(ports[0], '127.0.0.1')
  onTestFinished(() => void held.close())
  const range = '/proc/sys/net/ipv4/ip_local_port_range'
  const [first = 0] = existsSync(range) ? readFileSync(range, 'utf8').split('\t').map(Number) : []
  if (first >= 32_768) expect(Math.max(...ports)).toBeLessThan(first)
  await new Promise<void>((resolve, reject) => held.once('listening', resolve).once('error', reject))
})
