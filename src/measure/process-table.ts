import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { clearTimeout, setTimeout } from '../ground/timers.ts'
import type { Bytes, Milliseconds } from '../ground/units.ts'

/** One process of the machine. */
export interface ProcessRow {
  pid: number
  ppid: number
  /** Resident set. */
  memory: Bytes
  /** CPU time so far, user and system: in steps of 10 ms on macOS, of 16 ms on Windows, and of 1 s by `ps` of Linux. */
  cpuTime: Milliseconds
  /** Command line; empty on Windows. */
  command: string
}

const isWindows = process.platform === 'win32'

/** The helper runs what it reads, and ends when its input does. */
const [HELPER, ...ARGS] = isWindows
  ? ['powershell', '-NoLogo', '-NoProfile', '-NonInteractive', '-Command', '-']
  : ['sh']
/** Prints all processes and an empty line. */
const QUESTION = isWindows
  ? "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} {2} {3} -' -f $_.ProcessId, $_.ParentProcessId, " +
    "$_.WorkingSetSize, ($_.KernelModeTime + $_.UserModeTime) }; ''\n"
  : 'ps -A -ww -o pid=,ppid=,rss=,time=,stat=,args= 2>&1; echo\n'

/** PowerShell takes seconds to start on a busy machine. */
const LIMIT: Milliseconds = 20_000

let helper: ReturnType<typeof startHelper> | undefined
let reading: Promise<ProcessRow[]> | undefined

/**
 * All processes of the machine, on systems without Linux's `/proc`. One helper process lists them for each look, since
 * PowerShell takes most of a second to start. Rejects with what went wrong; the next look starts another.
 */
export function readProcessTable(): Promise<ProcessRow[]> {
  helper ??= startHelper()
  reading ??= helper.read().finally(() => {
    reading = undefined
  })
  return reading
}

function startHelper() {
  // A comma may stand in times otherwise.
  const child = spawn(HELPER!, ARGS, { env: { ...process.env, LC_ALL: 'C' }, windowsHide: true })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    printed += text
  })
  const ended = new Promise<never>((_, reject) => {
    const end = (found: string) => {
      if (helper === own) helper = undefined
      reject(new Error(printed.trim() || found))
    }
    child.on('error', ({ message }) => end(message))
    child.on('close', () => end(`${HELPER} ended, or took more than ${LIMIT / 1_000} s`))
    child.stdin.on('error', ({ message }) => end(message))
  })
  ended.catch(() => {})
  const lines = createInterface(child.stdout)
  for (const one of [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket]) one.unref()
  const own = {
    async read(): Promise<ProcessRow[]> {
      const [rows, others]: [ProcessRow[], string[]] = [[], []]
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT)
      let take = (_: string) => {}
      const told = new Promise<ProcessRow[]>((resolve, reject) => {
        take = line => {
          const row = rowOf(line)
          if (row !== undefined) rows.push(row)
          else if (line !== '') others.push(line)
          else if (rows.length > 0) resolve(rows)
          else {
            helper = undefined
            child.kill('SIGKILL')
            reject(new Error([...others, printed].join(' ').trim() || `${HELPER} listed no process`))
          }
        }
      })
      lines.on('line', take)
      child.stdin.write(QUESTION)
      try {
        return await Promise.race([told, ended])
      } finally {
        clearTimeout(timer)
        lines.off('line', take)
      }
    },
  }
  return own
}

/** Undefined for a process that has ended, and is only still listed. */
function rowOf(line: string): ProcessRow | undefined {
  const [, pid, ppid, memory, time, state, command] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s*(.*)$/.exec(line) ?? []
  if (pid === undefined || state!.startsWith('Z')) return undefined
  return {
    ...{ pid: Number(pid), ppid: Number(ppid), command: command! },
    memory: Number(memory) * (isWindows ? 1 : 1024),
    cpuTime: isWindows ? Number(time) / 10_000 : timeIn(time!),
  }
}

/** Time as `ps` writes it: `0:00.05`, `01:02:03`, `1-02:03:04`. */
function timeIn(text: string): Milliseconds {
  const [rest, days = '0'] = text.split('-').toReversed()
  return rest!.split(':').reduce((sum, part) => sum * 60 + Number(part), Number(days) * 24) * 1_000
}
