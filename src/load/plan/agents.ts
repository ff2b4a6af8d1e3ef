import { resolve } from 'node:path'
import { type Fields, isText } from '../../ground/fields.ts'
import { type Milliseconds, parseDuration } from '../../ground/units.ts'

/** Agents on other hosts that run the load, and how they are reached. */
export interface AgentsOptions {
  /**
   * Addresses of the NATS server. `tls://` needs TLS, whose certificate may be trusted by `ca` of the load test.
   * @example 'nats://nats.example:4222'
   */
  nats: string | string[]
  /**
   * A credentials file of a NATS user, or the variable that holds its text.
   * @default none
   * @example { env: 'NATS_CREDS' }
   */
  creds?: string | { env: string }
  /**
   * Name of a user of the server, if it knows users by passwords.
   * @default none
   * @example 'coordinator'
   */
  username?: string
  /**
   * The variable that holds that user's password.
   * @default none
   * @example { env: 'NATS_PASSWORD' }
   */
  password?: { env: string }
  /**
   * Agents that the load needs.
   * @default those that are free
   * @example 4
   */
  count?: number
  /**
   * How long they are waited for: milliseconds, or text such as '60s'.
   * @default '30s'
   * @example '60s'
   */
  timeout?: Milliseconds | string
}

/** How long agents are waited for unless it is said. */
export const AGENTS_WAIT: Milliseconds = 30_000

/** Time in which the word to begin comes to all agents. */
export const AGENTS_LEAD: Milliseconds = 2_000

/** How long it may take until agents begin a load; nothing without them. */
export function longestGathering(agents: AgentsOptions | false | undefined): Milliseconds {
  return agents ? parseDuration(agents.timeout ?? AGENTS_WAIT) + AGENTS_LEAD : 0
}

/** Checks of the options, each of which reports its faults. */
const CHECKS: { readonly [Key in keyof Required<AgentsOptions>]: (agents: Fields) => void } = {
  nats(agents) {
    const isAddress = (value: unknown) => isText(value) && /^(?:nats|tls|wss?):\/\//.test(value)
    const areAddresses = (value: unknown) =>
      isAddress(value) || (Array.isArray(value) && value.length > 0 && value.every(isAddress))
    if (!agents.has('nats')) agents.fault('', 'it names no NATS server', "Add nats: 'nats://nats.example:4222'.")
    agents.expect('nats', areAddresses, "Write its address: 'nats://nats.example:4222', or a list of them.")
  },
  creds(agents) {
    if (!isText(agents.get('creds'))) checkVariable(agents, 'creds')
  },
  username: agents => agents.expect('username', isText, 'Write a name.'),
  password: agents => checkVariable(agents, 'password'),
  count: agents => agents.count('count', 1),
  timeout: agents => agents.length('timeout', AGENTS_WAIT),
}

function checkVariable(agents: Fields, key: 'creds' | 'password'): void {
  if (!agents.has(key)) return
  const named = agents.within(key, `Name a variable: { env: 'NATS_${key.toUpperCase()}' }.`)
  named?.checkKeys(['env'])
  named?.expect('env', isText, 'Write the name of a variable.')
}

/** Reports the faults of `agents`. */
export function checkAgents(fields: Fields): void {
  if (fields.get('agents') === false) return
  const agents = fields.within('agents', "Write an object: { nats: 'nats://nats.example:4222', count: 4 }, or false.")
  if (agents === undefined) return
  agents.checkKeys(Object.keys(CHECKS))
  for (const check of Object.values(CHECKS)) check(agents)
}

/** Agents with paths relative to a folder. */
export function agentsFrom(folder: string, agents: AgentsOptions): AgentsOptions {
  const { creds } = agents
  return { ...agents, creds: typeof creds === 'string' ? resolve(folder, creds) : creds }
}
