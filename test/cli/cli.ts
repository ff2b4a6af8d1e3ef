import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { runInResident } from '../plugin/suites/resident.ts'

export interface Said {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the command line program of a build, in a folder without a configuration unless one is named. */
export function runCli(
  built: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...options.env }
  const child = spawn(process.execPath, [join(built, 'cli.js'), ...args], { cwd: options.cwd ?? tmpdir(), env })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  return new Promise<Said>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}

/**
 * The same in a process that has run it before, if there is one. Throws where the command leaves something open by which
 * a process of its own would not have ended.
 */
export async function askCli(
  built: string,
  args: readonly string[],
  folder: string,
  env: Record<string, string> = {},
): Promise<Said> {
  const { exitCode, open, ...said } = await runInResident({ cli: join(built, 'cli.js'), folder, args, env })
  if (open.length > 0) throw new Error(`The command leaves open: ${open.join(', ')}.\n${said.stdout}${said.stderr}`)
  return { code: exitCode, ...said }
}
