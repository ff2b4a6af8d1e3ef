import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { failed } from '../../src/ground/fault.ts'
import type { Hindrance } from '../../src/report/diagnosis.ts'
import { ourFolder } from '../files.ts'

/** What the package says that it needs. */
interface Manifest {
  engines: { node: string }
  peerDependencies: { vitest: string }
}

/** Versions of Node.js and of Vitest that are too old, or not known to work. */
export function versionHindrances(vitest: string | undefined, node = process.versions.node): Hindrance[] {
  const { engines, peerDependencies } = manifest()
  const wrong = (thing: string, version: string, range: string): Hindrance[] =>
    isWithin(version, range)
      ? []
      : [
          {
            severity: 'error',
            message: failed('run', `with ${thing}`, `its version is ${version}, and ${range} is needed`),
            hint: `Install a version of ${thing} that is.`,
          },
        ]
  return [
    ...wrong('Node.js', node, engines.node),
    ...(vitest === undefined ? [] : wrong('Vitest', vitest, peerDependencies.vitest)),
  ]
}

/** That of the built package, or of its sources. */
function manifest(folder = ourFolder): Manifest {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : manifest(dirname(folder))
}

/**
 * Whether a version is within a range of the forms that this package uses: `>=20.19`, `^4.1.0 || ^5.0.0`. What comes
 * before a release of the least version counts as it.
 */
function isWithin(version: string, range: string): boolean {
  const numbers = numbersOf(version)
  return range.split('||').some(part => {
    const least = numbersOf(part)
    const isOfMajor = !part.trim().startsWith('^') || numbers[0] === least[0]
    return isOfMajor && compare(numbers, least) >= 0
  })
}

const numbersOf = (text: string): number[] => (/\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number)

function compare(a: readonly number[], b: readonly number[]): number {
  const at = [0, 1, 2].find(i => (a[i] ?? 0) !== (b[i] ?? 0))
  return at === undefined ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
