/**
 * Several hosts on this machine, as processes over a NATS server on loopback. First what breaks: an agent killed at 20
 * random moments or held for 2 and 10 s, its link down for 1 and 10 s, the broker started again in mid-run, the
 * coordinator killed. Bars: each run ends within 10 s of its plan, its ledger balances, no budget is kept that the
 * missing share could have changed, no process is left. Then the same plan by 1, 2 and 4 agents over links of 50 ms:
 * the same rows, at moments within 10 ms, with alike percentiles. Then rates, with the application on a core of its own:
 * 2 agents, their coordinator and the broker drive 0.9 of what 2 threads of one process do on the other core, and the
 * coordinator of 16 agents takes less than 5 % of a core. Needs nats-server. Takes 8 minutes.
 * Run: `npm run bench -- hosts [seed] [troubles,same,rates]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { Bars } from '../bars.ts'
import { pinToGeneratorCore } from '../target.ts'
import { measureRates } from './rates.ts'
import { measureSameness } from './same.ts'
import { measureTroubles } from './troubles.ts'

const [seed = '1', parts = 'troubles,same,rates'] = process.argv.slice(2)
const bars = new Bars()
const asked = parts.split(',')
if (asked.includes('troubles')) await measureTroubles(bars, Number(seed))
if (asked.includes('same')) await measureSameness(bars)
if (!asked.includes('rates')) process.exit(bars.exitCode)
if (asked.length === 1) {
  await pinToGeneratorCore()
  await measureRates(bars)
  process.exit(bars.exitCode)
}
const child = spawn(process.execPath, [process.argv[1]!, seed, 'rates'], { stdio: 'inherit' })
const [code] = await once(child, 'exit')
process.exit(bars.exitCode || (code ?? 1))
