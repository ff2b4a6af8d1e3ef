import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { runInResident } from '../plugin/suites/resident.ts'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface Step {
  id?: string
  name?: string
  if?: string
  shell?: string
  uses?: string
  run?: string
  with?: Record<string, string | boolean>
  env?: Record<string, string>
  'working-directory'?: string
}

export interface Action {
  inputs: Record<string, { default: string; description: string }>
  outputs: Record<string, { value: string }>
  runs: { using: string; steps: Step[] }
}

export const action: Action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8'))

export interface Job {
  /** The checkout. */
  workspace: string
  event: object
  inputs?: Record<string, string>
  env?: Record<string, string>
  /** Outputs of other actions. */
  used?: Record<string, Record<string, string>>
}

export interface Ran {
  /** Whether the job would go on. */
  isGreen: boolean
  state: string
  log: string
  summary: string
  /** What other actions were asked for. */
  used: { uses: string; with: Record<string, string> }[]
  outputs: Record<string, Record<string, string>>
}

/** A temporary folder; gone when the test ends. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'action-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the steps of action.yml as GitHub's runner does: shell steps by bash, those of others are only noted. */
export async function runAction({ workspace, event, inputs = {}, env = {}, used = {} }: Job): Promise<Ran> {
  for (const name of Object.keys(inputs)) if (!(name in action.inputs)) throw new Error(`there is no input ${name}`)
  const runner = temporary()
  const values = { token: 'a-token' } as Record<string, string>
  for (const [name, { default: value }] of Object.entries(action.inputs))
    values[name] ??= inputs[name] ?? value.replace('${{ github.token }}', 'a-token')
  const ran: Ran = { isGreen: true, state: '', log: '', summary: '', used: [], outputs: {} }
  const value = (text: string) =>
    String(text).replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, path: string) => found(path, values, ran.outputs))
  for (const step of action.runs.steps) {
    if (!isDue(step, ran)) continue
    if (step.uses) {
      // Of the action, whichever commit of it is pinned.
      const [uses] = step.uses.split('@') as [string]
      ran.used.push({ uses, with: mapped(step.with ?? {}, value) })
      if (step.id) ran.outputs[step.id] = used[uses] ?? {}
      continue
    }
    const files = Object.fromEntries(['OUTPUT', 'STEP_SUMMARY', 'ENV', 'PATH'].map(name => [name, join(runner, name)]))
    for (const file of Object.values(files)) writeFileSync(file, '')
    writeFileSync(join(runner, 'event.json'), JSON.stringify(event))
    writeFileSync(join(runner, 'script.sh'), step.run!)
    const { code, output } = await bash(
      join(runner, 'script.sh'),
      resolve(workspace, value(step['working-directory'] ?? '.')),
      {
        RUNNER_TEMP: runner,
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_EVENT_PATH: join(runner, 'event.json'),
        GITHUB_REPOSITORY: 'team/shop',
        GITHUB_RUN_ID: '4711',
        GITHUB_SERVER_URL: 'https://github.example',
        ...Object.fromEntries(Object.entries(files).map(([name, file]) => [`GITHUB_${name}`, file])),
        ...env,
        ...mapped(step.env ?? {}, value),
      },
    )
    ran.log += output
    ran.summary += readFileSync(files.STEP_SUMMARY!, 'utf8')
    if (step.id) ran.outputs[step.id] = outputsIn(readFileSync(files.OUTPUT!, 'utf8'))
    if (code !== 0) ran.isGreen = false
  }
  ran.state = ran.outputs.comment?.state ?? ''
  return ran
}

function found(path: string, inputs: Record<string, string>, outputs: Ran['outputs']): string {
  const [of, name, , key] = path.split('.')
  if (of === 'inputs') return inputs[name!]!
  if (of === 'steps') return outputs[name!]?.[key!] ?? ''
  throw new Error(`nobody knows ${path}`)
}

function isDue({ if: condition }: Step, { isGreen, outputs }: Ran): boolean {
  if (condition === undefined) return isGreen
  const parts = condition.split(' && ')
  const isAlways = parts[0] === 'always()'
  return (
    (isAlways || isGreen) &&
    parts.slice(isAlways ? 1 : 0).every(part => {
      const [, step, name, value] = /^steps\.(\w+)\.outputs\.([\w-]+) != '(\w*)'$/.exec(part)!
      return (outputs[step!]?.[name!] ?? '') !== value
    })
  )
}

const mapped = <T>(record: Record<string, T>, value: (text: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([key, text]) => [key, value(String(text))]))

const outputsIn = (text: string) =>
  Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map(line => line.split(/=(.*)/s)),
  )

/** What tests of Vitest and CI have set is not for a job. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|GIT_|GITHUB_|CI$|TEST$|NODE_OPTIONS)/.test(name),
  )
  return Object.fromEntries(own)
}

function bash(
  script: string,
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  return run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], cwd, env)
}

/**
 * Runs a script of the action in a process that may have run others before, which takes a tenth of one of its own.
 * Nothing but `env` is known of a job.
 */
export async function runScript(name: string, args: string[], folder: string, env: Record<string, string>) {
  const real = Object.keys(process.env).filter(key => key.startsWith('GITHUB_'))
  const none = Object.fromEntries(real.map(key => [key, '']))
  const task = { cli: join(ROOT, 'action', name), folder, args, env: { ...none, ...env } }
  const { exitCode, stdout, stderr } = await runInResident(task)
  return { code: exitCode, output: stdout + stderr }
}

/** Runs a program to its end. */
function run(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  if (!existsSync(cwd)) mkdirSync(cwd, { recursive: true })
  const child = spawn(command, args, { cwd, env: { ...plainEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  return new Promise(done => child.on('close', code => done({ code, output })))
}
