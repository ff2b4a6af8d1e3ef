/*
 * Runs the whole suite again and again beside a process that burns a processor, without trying any test twice, and says
 * of each run how long it took and what it counted. A test that needs a quiet machine is found by it.
 * Run: `node scripts/beside-burner.mjs [runs, 10] [command, npm test]`.
 */
import { spawn } from 'node:child_process'
import { run } from './run.mjs'

const [, , count = 10, command = 'npm', ...words] = process.argv
const args = process.argv.length > 3 ? words : ['test']
const runs = Number(count)
if (!Number.isInteger(runs) || runs < 1) {
  console.error(`Failed to repeat the tests: "${count}" is not a number of runs. Give 1 or more.`)
  process.exit(2)
}
const HOUR = 3_600_000

const burner = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' })
process.once('exit', () => burner.kill('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

let red = 0
for (let n = 1; n <= runs; n++) {
  const began = performance.now()
  // CI would try again what fails.
  const { code, output } = await run(command, args, { env: { CI: '' }, timeout: HOUR })
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  const counts =
    output
      .match(/^ *Tests {2}.*$/gm)
      ?.at(-1)
      ?.trim() ?? 'no tests were counted'
  const isGreen = code === 0 && burner.exitCode === null
  if (!isGreen) red++
  console.log(`run ${n}: ${isGreen ? 'green' : 'RED'}, ${seconds} s, ${counts}`)
  if (isGreen) continue
  const failures = output.indexOf('Failed Tests')
  console.log(failures < 0 ? output.slice(-5_000) : output.slice(failures))
}
console.log(`${runs - red} green, ${red} red beside a burner`)
process.exit(red === 0 ? 0 : 1)
