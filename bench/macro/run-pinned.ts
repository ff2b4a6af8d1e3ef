import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** User and system time of children that have ended, in clock ticks of 10 ms (proc(5): cutime and cstime). */
function ticksOfChildren(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[13]) + Number(fields[14])
}

/**
 * Runs a program on these cores to its end. Resolves with what it printed and the CPU that it took, in microseconds (a
 * hundredth of a second exactly); rejects with its complaint when it fails or takes longer than `limit` seconds.
 */
export function runPinned(
  cores: string,
  command: readonly string[],
  limit: number,
  onStart: (child: ChildProcess) => void = () => {},
): Promise<{ output: string; cpu: number }> {
  const before = ticksOfChildren()
  const child = spawn('taskset', ['-c', cores, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
  onStart(child)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const timer = setTimeout(kill, limit * 1000)
  const [output, complaint]: [string[], string[]] = [[], []]
  child.stdout.setEncoding('utf8').on('data', text => output.push(text))
  child.stderr.setEncoding('utf8').on('data', text => complaint.push(text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      process.off('exit', kill)
      if (code === 0) resolve({ output: output.join(''), cpu: (ticksOfChildren() - before) * 10_000 })
      else
        reject(
          new Error(
            `Failed to run ${command[0]}: it ended with ${code ?? signal}. It said: ${complaint.join('').trim().slice(0, 500)}`,
          ),
        )
    })
  })
}
