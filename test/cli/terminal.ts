import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Whether the program is there that makes terminals. */
export const hasScript = spawnSync('script', ['--version']).status === 0

/** Runs a command in a terminal, and types an answer when its question is there. */
export async function answering(
  built: string,
  folder: string,
  given: readonly string[],
  answers: readonly (readonly [question: RegExp, typed: string])[],
) {
  const words = [process.execPath, join(built, 'cli.js'), ...given]
  const command = `stty cols 120 rows 40; ${words.map(word => `'${word}'`).join(' ')}`
  const { CI, ...own } = process.env
  const env = { ...own, PATH: `${folder}:${own.PATH}` }
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const left = [...answers]
  let [drawn, seen] = ['', 0]
  child.stdout.setEncoding('utf8').on('data', text => {
    drawn += text
    const [next] = left
    if (next === undefined || !next[0].test(drawn.slice(seen))) return
    seen = drawn.length
    left.shift()
    child.stdin.write(next[1])
  })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, drawn }
}
