/*
 * The README's load test of an API that takes 500 ms for a pet, next to two processes that burn a processor each, again
 * and again. Both of its percentiles are missed by a factor of ten, so that each run has to fail, and not to be
 * inconclusive. Prints the verdicts of each run. Run: `npm run slow-pet -- [times, 20]`.
 */
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFiles } from './readme.mjs'
import { must, run } from './run.mjs'

const times = Number(process.argv[2] ?? 20)
must(Number.isInteger(times) && times > 0, 'a number of times is given')
const BUDGETS = ['p95', 'steps.get.p95']
const root = fileURLToPath(new URL('..', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'slow-pet-'))
const burners = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }))
process.once('exit', () => {
  for (const burner of burners) burner.kill('SIGKILL')
  rmSync(home, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

mkdirSync(join(home, 'node_modules'))
symlinkSync(root, join(home, 'node_modules/vitest-arazzo'))
symlinkSync(join(root, 'node_modules/vitest'), join(home, 'node_modules/vitest'))
let isSlow = false
for (const { file, text } of projectFiles(root)) {
  const slow = text.replace(/^ {2}response\.end\((.*)\)$/m, '  setTimeout(() => response.end($1), id ? 500 : 0)')
  isSlow ||= file === 'server.mjs' && slow !== text
  writeFileSync(join(home, file), file === 'server.mjs' ? slow : text)
}
must(isSlow, 'the README has a server that can be made slow')

/** @type {Record<string, number>} */
const counts = { fail: 0, inconclusive: 0, pass: 0, 'no result': 0 }
const folder = join(home, '.vitest-arazzo')
for (let n = 1; n <= times; n++) {
  rmSync(folder, { recursive: true, force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { output } = await run(process.execPath, [vitest, 'run', 'pets.load'], { cwd: home, env: { CI: '' } })
  const found = verdictsIn(output)
  // A run counts as the worse of its two verdicts.
  const worst = found.find(({ verdict }) => verdict !== 'fail')?.verdict ?? (found.length > 0 ? 'fail' : 'no result')
  counts[worst] = (counts[worst] ?? 0) + 1
  console.log(
    `run ${n}: ${found.map(({ key, verdict, ...rest }) => `${key} ${verdict}: ${JSON.stringify(rest)}`).join('\n  ')}`,
  )
}
const said = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`)
console.log(`${said.join(', ')} of ${times} runs next to two burners (all have to fail)`)
process.exit(counts.fail === times && burners.every(({ exitCode }) => exitCode === null) ? 0 : 1)

/**
 * @param {string} output is printed if there is no result
 * @returns {{ key: string, verdict: string, value: number, lower?: number, doubts: object[] }[]}
 */
function verdictsIn(output) {
  try {
    const name = readdirSync(folder).find(name => existsSync(join(folder, name, 'result.json'))) ?? ''
    const { verdicts } = JSON.parse(readFileSync(join(folder, name, 'result.json'), 'utf8'))
    const found = verdicts.filter((/** @type {{ key: string }} */ { key }) => BUDGETS.includes(key))
    if (found.length === 0) console.log(output)
    return found.map(({ key, verdict, value, lower, doubts }) => ({ key, verdict, value, lower, doubts }))
  } catch {
    console.log(output)
    return []
  }
}
