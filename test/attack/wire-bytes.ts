import { createUndiciTransport } from '../../src/http/undici.ts'
import { createWireTransport } from '../../src/http/wire/pool.ts'
import { compareAll, report } from '../http/differential/run.ts'
import type { Kind } from './kind.ts'

const EACH = 500

/** Bytes on the wire, valid and broken, 500 responses an input: both transports make the same of them. */
export const bytes: Kind = {
  name: `bytes (x ${EACH})`,
  quick: 1,
  whole: 60,
  async attack(random) {
    const [oracle, subject] = [createUndiciTransport, createWireTransport]
    const found = await compareAll({ from: random.below(2 ** 30), count: EACH, lanes: 24, oracle, subject })
    return found.counts.different > 0 ? report(found) : undefined
  },
}
