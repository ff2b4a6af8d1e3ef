import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/**
 * Runs a command to its end and gives back all that it printed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeout?: number }} [options] `timeout` in milliseconds
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(command, args, { cwd, env, timeout = 180_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        output += text
      })
    }
    child.on('error', reject)
    child.on('close', code => resolve({ code, output: stripVTControlCharacters(output) }))
  })
}

/**
 * Ends the script when something does not hold.
 * @param {boolean} holds
 * @param {string} what
 * @param {string} [output] what the command printed
 */
export function must(holds, what, output = '') {
  if (holds) {
    console.log(`ok    ${what}`)
    return
  }
  console.error(`${output}\nFAIL  ${what}`)
  process.exit(1)
}
