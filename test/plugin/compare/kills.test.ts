import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { environmentOf, processTable } from '../../../plugin/server/process-family.ts'
import { repository, type TestRepository, temporary } from '../../builders/repository.ts'
import { amount, cases } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'

/*
 * A run that compares is killed in all ways, at any moment. Nothing of it is left after the next run, and mostly
 * soon. ARAZZO_KILLS=20 kills more often than the few times of every day.
 */

const KILLS = Number(process.env.ARAZZO_KILLS ?? amount(1, 3))

const built = await builtPlugin()

const app = `require('node:http').createServer((_, response) => response.end('ok')).listen(process.env.PORT)
  require('node:fs').writeFileSync(process.env.VITEST_ARAZZO_DIR + '/data', 'x')
  process.on('SIGTERM', () => setTimeout(() => process.exit(), 200))`

/** What a run of Vitest does: it compares so many times, and says how far it has come; one that is held waits then. */
const script = (modules: string) => `
  import { once } from 'node:events'
  import { openSides } from ${JSON.stringify(join(modules, 'sides.js'))}
  import { nameRoom, removeRoom, sweepRooms } from ${JSON.stringify(join(modules, 'room.js'))}
  const { ROOT: root, SETUP: setup, ROUNDS: rounds, HELD: held } = process.env
  const room = nameRoom()
  const url = 'http://127.0.0.1:{port}/'
  const server = { command: 'node app.js {port}', url, env: {}, cwd: root, timeout: 15_000, probe: false, reuseExisting: false }
  const base = { from: 'git', ref: 'HEAD', setup, setupTimeout: 600_000 }
  const options = { base, maxDuration: 90_000 }
  const settings = { root, room, server, environment: { ...process.env } }
  const { signal } = new AbortController()
  console.log('begun')
  await sweepRooms()
  const sides = await openSides(options, settings, signal)
  for (let n = 0; n < rounds; n++) {
    const launches = await Promise.all([sides.base.launch(signal), sides.head.launch(signal)])
    console.log('launched')
    if (held) await once(process.stdin, 'data')
    await Promise.all(launches.map(launch => launch.stop()))
  }
  await sides.close()
  await removeRoom(room)
  console.log('over')
`

interface Place {
  repository: TestRepository
  /** All temporary files of runs lie here. */
  tmp: string
}

function place(): Place {
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`files/${n % 30}/${n}.txt`, 'x'.repeat(5000)]),
  )
  const tmp = join(temporary(), 'tmp')
  mkdirSync(tmp)
  return { repository: repository({ 'app.js': app, ...files }), tmp }
}

function run(
  { repository: { top, env }, tmp }: Place,
  { rounds = 1, setup = 'sleep 0.3', held = '' } = {},
): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', script(built)], {
    env: { ...env, TMPDIR: tmp, ROOT: top, SETUP: setup, ROUNDS: String(rounds), HELD: held },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

/** A run that launches its applications, and goes on when it is told to, once. */
const runHeld = (here: Place) => run(here, { rounds: 2, held: 'yes' })

/** Everything that there is of runs: files, worktrees as git knows them, locks, processes. */
function leftIn({ repository: { top }, tmp }: Place): string[] {
  const administered = existsSync(join(top, '.git/worktrees')) ? readdirSync(join(top, '.git/worktrees')) : []
  const locks = readdirSync(join(top, '.git')).filter(name => name.endsWith('.lock'))
  return [...readdirSync(tmp), ...administered, ...locks, ...processesOf(tmp).map(String)]
}

/** All processes that were started with this folder for temporary files: applications, setups, git, supervisors. */
function processesOf(tmp: string): number[] {
  const all = processTable().filter(({ zombie }) => !zombie)
  return all.map(({ pid }) => pid).filter(pid => environmentOf(pid).includes(`TMPDIR=${tmp}`))
}

const soon = { timeout: 50_000, interval: 100 }
const patient = { timeout: 180_000 }

/** Resolves when it says something from now on. */
async function told(child: ChildProcess, word: string): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`It ended without having said "${word}".`)
  })
  ended.catch(() => {})
  for (;;) if (String(await Promise.race([once(child.stdout!, 'data'), ended])).includes(word)) return
}

const janitorsOf = (tmp: string) =>
  processesOf(tmp).filter(pid => /janitor\.js/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))

async function finished(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

describe.runIf(process.platform === 'linux')('nothing is left', () => {
  // SIGKILL does below.
  for (const signal of cases<NodeJS.Signals>([], ['SIGINT', 'SIGTERM']))
    test(`of one that ${signal} ends while applications run`, patient, async () => {
      const here = place()
      const child = runHeld(here)
      await told(child, 'launched')
      child.kill(signal)
      await expect.poll(() => leftIn(here), soon).toEqual([])
    })

  test('of one that is killed in its setup', patient, async () => {
    const here = place()
    const child = run(here, { setup: 'touch begun; sleep 1000' })
    await expect.poll(() => processesOf(here.tmp).length, soon).toBeGreaterThan(3)
    child.kill('SIGKILL')
    await expect.poll(() => leftIn(here), soon).toEqual([])
  })

  test(
    'of one that is killed with its janitor, once another has begun; nor of one that is killed without',
    patient,
    async () => {
      const here = place()
      const child = runHeld(here)
      await told(child, 'launched')
      expect(janitorsOf(here.tmp)).toHaveLength(1)
      for (const pid of janitorsOf(here.tmp)) process.kill(pid, 'SIGKILL')
      child.kill('SIGKILL')
      await expect.poll(() => processesOf(here.tmp), soon).toEqual([])
      expect(leftIn(here)).not.toEqual([])
      // A run that is there meanwhile is left alone.
      const beside = runHeld(here)
      await told(beside, 'launched')
      expect(await finished(run(here))).toBe(0)
      expect(leftIn(here).filter(what => what.startsWith('vitest-arazzo-room-'))).toHaveLength(1)
      beside.stdin!.write('on')
      await told(beside, 'launched')
      beside.kill('SIGKILL')
      await expect.poll(() => leftIn(here), soon).toEqual([])
    },
  )

  const random = { timeout: 60_000 * (KILLS + 1) }
  test(`of one that ends by itself at once, nor of those before it, killed at random (${KILLS})`, random, async () => {
    const here = place()
    for (let n = 0; n < KILLS; n++) {
      const child = run(here, { rounds: 2 })
      await told(child, 'begun')
      await new Promise(resolve => setTimeout(resolve, Math.random() * 2500))
      // Every other time nobody is left to clean up.
      if (n % 2 === 1) for (const pid of janitorsOf(here.tmp)) process.kill(pid, 'SIGKILL')
      child.kill('SIGKILL')
    }
    expect(await finished(run(here))).toBe(0)
    expect(leftIn(here).filter(what => !/^\d+$/.test(what))).toEqual([])
    // The janitor sees that there is nothing to do.
    await expect.poll(() => processesOf(here.tmp), soon).toEqual([])
  })
})
