import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

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
