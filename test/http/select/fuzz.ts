import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { disagreement, documentOf } from './documents.ts'

/**
 * `npm run fuzz:json -- [seconds] [seed]`: generated documents, valid and broken, until the time is up: the scan, the
 * reader in JavaScript and JSON.parse have to agree on values, validity and the place of a fault. Ends with 1 at the
 * first on which they do not; its seed is printed.
 */
const seconds = Number(process.argv[2] ?? 1200)
const first = Number(process.argv[3] ?? Date.now() % 2 ** 31)
const end = performance.now() + seconds * 1000
console.log(`generating documents for ${seconds} s from seed ${first}`)
let seed = first
let found: string | undefined
for (; found === undefined && performance.now() < end; seed++) {
  found = disagreement(documentOf(seed))
  if ((seed - first) % 100_000 === 99_999) console.log(`${seed - first + 1} documents agree`)
}
console.log(
  found === undefined ? `${seed - first} documents agree, none disagrees` : `seed ${seed - 1}: ${found.slice(0, 2000)}`,
)
process.exit(found === undefined ? 0 : 1)
