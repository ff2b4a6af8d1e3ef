import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import process from 'node:process'

/** Programs that the benchmarks would use, and how each says its version. */
const versionOf = {
  nginx: { argument: '-v', pattern: /nginx\/(\S+)/ },
  wrk: { argument: '-v', pattern: /^wrk (?:debian\/)?([\d.]+)/ },
  ab: { argument: '-V', pattern: /Version (\S+)/ },
  // hey does not say.
  hey: { argument: '-h', pattern: undefined },
  openssl: { argument: 'version', pattern: /OpenSSL (\S+)/ },
  taskset: { argument: '--version', pattern: /([\d.]+)\s*$/m },
} as const

export type Program = keyof typeof versionOf

/** The version of a program, an empty text where it does not tell; undefined where it is not there. */
export function find(program: Program): string | undefined {
  const { argument, pattern } = versionOf[program]
  const { error, stdout, stderr } = spawnSync(program, [argument], { encoding: 'utf8', timeout: 5_000 })
  if (error) return undefined
  return pattern?.exec(`${stdout}${stderr}`)?.[1] ?? ''
}

export const versionOfPackage = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
      version: string
    }
  ).version

/** Ends the process where load cannot be measured at all. */
export function assertMeasurable(): void {
  const missing = (['nginx', 'taskset'] as const).find(program => find(program) === undefined)
  const found = availableParallelism() < 2 ? 'there is one core only' : missing && `${missing} is not installed`
  if (!found) return
  console.error(`Failed to measure: ${found}. Use a Linux machine with nginx, taskset and two cores at least.`)
  process.exit(2)
}
