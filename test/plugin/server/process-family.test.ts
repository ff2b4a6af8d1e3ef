import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isAnyLoading, livesOf, type ProcessEntry, processTable } from '../../../plugin/server/process-family.ts'

const family = { pid: 2 ** 30, mark: 'NOBODY=1' }

async function started(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const child = spawn(command, args, { env, stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'spawn')
  return child
}

describe.runIf(process.platform === 'linux')('a family is gone', () => {
  test('not when nobody of it was seen once: one may have been loading a program', async () => {
    const child = await started('sleep', ['60'], process.env)
    const late = processTable().filter(({ pid }) => pid === child.pid)
    const seen: ProcessEntry[][] = [[], late]
    const isAlive = livesOf(family, { members: () => seen.shift() ?? [], isAnyLoading: () => false })
    expect([isAlive(), isAlive(), isAlive()]).toEqual([true, true, true])
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(isAlive()).toBe(true)
    await sleep(50)
    expect(isAlive()).toBe(false)
  })

  test('not while anybody loads a program, but no longer than that takes', async () => {
    let isLoading = true
    const isAlive = livesOf(family, { members: () => [], isAnyLoading: () => isLoading })
    isAlive()
    await sleep(50)
    expect(isAlive()).toBe(true)
    isLoading = false
    expect(isAlive()).toBe(false)
    isLoading = true
    await sleep(500)
    expect(isAlive()).toBe(false)
  })

  test('which is told by an environment that is empty, of a process that is younger', async () => {
    const named = await started('sleep', ['60'], { NAME: 'x' })
    await sleep(20) // Two that began in one tick of the system cannot be told apart.
    const nameless = await started('/bin/sleep', ['60'], {})
    await expect.poll(() => isAnyLoading(named.pid!)).toBe(true)
    expect(isAnyLoading(2 ** 30)).toBe(true)
    nameless.kill('SIGKILL')
    await once(nameless, 'exit')
    await expect.poll(() => isAnyLoading(named.pid!)).toBe(false)
  })
})
