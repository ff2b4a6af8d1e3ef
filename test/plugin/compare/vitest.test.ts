import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { environmentOf, processTable } from '../../../plugin/server/process-family.ts'
import { repository, type TestRepository, temporary } from '../../builders/repository.ts'
import { cases } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain, startVitest } from '../server/run-vitest.ts'

/* What the plugin's option comes to in a run of Vitest, and what is left of that. */

const built = await builtPlugin()

const app = (version: string) => `require('node:http')
  .createServer((_, response) => response.end('${version} ' + process.env.VITEST_WORKER_ID)).listen(process.env.PORT)`

const config = (setup: string) => `
  import arazzo from '${join(built, 'plugin.js')}'
  const server = { command: 'node app.js', url: 'http://127.0.0.1:{port}/' }
  export default {
    plugins: [arazzo({ server, compare: { git: 'merge-base', setup: ${JSON.stringify(setup)} } })],
    test: { fileParallelism: false },
  }`

/** Asks both sides, as a load test does: while nothing else runs. */
const comparison = () => `
  import { expect, inject, test } from 'vitest'
  import { client } from '${join(built, 'client.js')}'
  import { openSides } from '${join(built, 'sides.js')}'
  test('base and head', { timeout: 60_000 }, ({ signal }) => client.exclusive('load', async () => {
    const { sides: [options, settings] } = inject('vitest-arazzo:comparison')
    const sides = await openSides(options, settings, signal)
    const launches = await Promise.all([sides.base.launch(signal), sides.head.launch(signal)])
    const told = await Promise.all(launches.map(async ({ servers }) => (await fetch(servers)).text()))
    expect(told).toEqual(['old undefined', 'new undefined'])
    await sides.close()
  }))`

function place(setup: string): { here: TestRepository; tmp: string } {
  const here = repository({ 'app.js': app('old'), '.gitignore': 'node_modules' })
  here.git('switch', '--quiet', '--create', 'change')
  const files = { 'vitest.config.mjs': config(setup), 'a.test.mjs': comparison(), 'b.test.mjs': comparison() }
  here.commit('The change', { 'app.js': app('new'), ...files })
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(here.top, 'node_modules'))
  const tmp = join(temporary(), 'tmp')
  mkdirSync(tmp)
  return { here, tmp }
}

const start = ({ here, tmp }: ReturnType<typeof place>) => startVitest(here.top, ['run'], { ...here.env, TMPDIR: tmp })

function run({ here, tmp }: ReturnType<typeof place>, pool: string) {
  const git = Object.entries(here.env).filter(([name]) => name.startsWith('GIT_'))
  const env = { ...Object.fromEntries(git), GITHUB_REF: '', GITHUB_BASE_REF: '', TMPDIR: tmp }
  return runVitestAgain(here.top, ['run', `--pool=${pool}`], env)
}

/** What a run leaves, but for what Vitest keeps there itself. */
function leftOf({ here, tmp }: ReturnType<typeof place>): string[] {
  const files = readdirSync(tmp).filter(name => name.includes('arazzo'))
  const worktrees = existsSync(join(here.top, '.git/worktrees')) ? readdirSync(join(here.top, '.git/worktrees')) : []
  const living = processTable().filter(({ zombie, pid }) => !zombie && environmentOf(pid).includes(`TMPDIR=${tmp}`))
  return [...files, ...worktrees, ...living.map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))]
}

const soon = { timeout: 50_000, interval: 100 }
const patient = { timeout: 180_000 }

describe.runIf(process.platform === 'linux')('a run of Vitest', () => {
  test.each(cases(['forks'], ['threads']))(
    'sets each side up once for all its files (%s), and leaves nothing',
    patient,
    async pool => {
      const log = join(temporary(), 'log')
      const all = place(`echo "set up" >> ${log}`)
      const { code, stdout, stderr } = await run(all, pool)
      expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/2 passed/)])
      expect(readFileSync(log, 'utf8')).toBe('set up\n'.repeat(2))
      await expect.poll(() => leftOf(all), soon).toEqual([])
    },
  )

  test.each(cases(['SIGKILL'], ['SIGINT', 'SIGTERM']))(
    'leaves nothing when %s ends it in a setup',
    patient,
    async signal => {
      const log = join(temporary(), 'log')
      const all = place(`echo "set up" >> ${log}; sleep 1000`)
      const vitest = start(all)
      await expect.poll(() => existsSync(log), soon).toBe(true)
      expect(leftOf(all).some(what => what.startsWith('vitest-arazzo-base-'))).toBe(true)
      vitest.process.kill(signal)
      await vitest.finished
      await expect.poll(() => leftOf(all), soon).toEqual([])
    },
  )
})
