import { coordinators } from './coordinators.ts'
import { daemonKills } from './daemon-kills.ts'
import { documents } from './documents.ts'
import { faults } from './faults.ts'
import { kills } from './kills.ts'
import type { Kind } from './kind.ts'
import { responses } from './responses.ts'
import { results } from './results.ts'
import { hosts, names, secrets } from './texts.ts'
import { bytes } from './wire-bytes.ts'

/** Every kind of attack, in the order in which they are made. */
export const catalogue: readonly Kind[] = [
  ...[documents, responses, bytes, names, secrets, hosts, results, faults, coordinators, kills, daemonKills],
]
