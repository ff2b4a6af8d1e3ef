/**
 * Bar: at once, at least 10,000 requests/s, p99 under 100 ms, generator memory under 200 MB and generator CPU under
 * 70 % of the machine, with the three-step workflow. The target has one core, the generator the other.
 * Printed by the product's own report. Run: `npm run bench -- targets`.
 */
import { fileURLToPath } from 'node:url'
import { renderLoadReport, runLoad } from 'vitest-arazzo/engine'
import { pinToGeneratorCore, startTarget } from './target.ts'

await pinToGeneratorCore()
const { origin, child } = await startTarget()
const report = await runLoad({
  workflow:
    fileURLToPath(new URL('../documents/three-steps.arazzo.yaml#buy', import.meta.url).href.split('#')[0]!) + '#buy',
  servers: origin,
  target: { pid: child.pid! },
  load: { rps: 10_200, duration: '20s', warmUp: '5s', threads: 1 },
  budgets: {
    rps: 10_000,
    p99: '< 100ms',
    errorRate: 0,
    dropped: 0,
    generator: { memory: '< 200MB', cpu: '< 70% of machine' },
  },
})
console.log(renderLoadReport(report, { verbose: true }))
console.log(
  `memory growth of the generator in the measured window: ${((report.generator.memoryEnd - report.generator.memoryStart) / 1e6).toFixed(1)} MB`,
)
child.kill()
process.exit(report.verdicts.every(verdict => verdict.verdict === 'pass') ? 0 : 1)
