/**
 * Bar: `vitest run` on 100 documents of 10 steps costs under 3 ms a step: the whole run's time, less that of a bare
 * loop of the same 1,000 requests. The same bar holds for one document of 10,000 steps, which then take 30 s:
 * `npm run bench -- documents 1 1 10000`. Run: `npm run bench -- documents [rounds] [documents] [steps]`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { startTarget } from './target.ts'

const [rounds = 3, documents = 100, steps = 10] = process.argv.slice(2).map(Number)
const root = fileURLToPath(new URL('./many-documents/', import.meta.url))
rmSync(root, { recursive: true, force: true })
mkdirSync(root, { recursive: true })
const { origin, child } = await startTarget()

const step = (number: number) => `      - stepId: s${number}
        operationId: getItem
        parameters:
          - { name: id, in: path, value: item-${(number % 10) + 1} }
          - { name: Authorization, in: header, value: Bearer c2hvcC1kZW1vLXRva2Vu }
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { name: $response.body#/name }
`
for (let number = 0; number < documents; number++) {
  writeFileSync(
    join(root, `d${number}.arazzo.yaml`),
    `arazzo: 1.0.1
info: { title: d${number}, version: '1' }
sourceDescriptions: [{ name: shop, url: ../../documents/three-steps.openapi.yaml, type: openapi }]
workflows:
  - workflowId: w
    steps:
${Array.from({ length: steps }, (_, index) => step(index)).join('')}`,
  )
}
writeFileSync(
  join(root, 'vitest.config.js'),
  `import arazzo from 'vitest-arazzo/plugin'
export default { test: { include: [] }, plugins: [arazzo({ servers: ${JSON.stringify(origin)} })] }
`,
)

async function bareLoop(): Promise<number> {
  const start = performance.now()
  for (let count = 0; count < documents * steps; count++) {
    const response = await fetch(`${origin}/items/item-${(count % 10) + 1}`, {
      headers: { authorization: 'Bearer c2hvcC1kZW1vLXRva2Vu' },
    })
    if (response.status !== 200) throw new Error(`Failed to run the bare loop: status ${response.status}.`)
    await response.json()
  }
  return performance.now() - start
}

async function product(): Promise<number> {
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const start = performance.now()
  const run = spawn(process.execPath, [vitest, 'run', '--root', root, '--reporter=dot'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [run.stdout, run.stderr]) stream.on('data', text => (output += text))
  const [code] = await once(run, 'exit')
  if (code !== 0 || !output.includes(`${documents * steps} passed`))
    throw new Error(`Failed to run the documents:\n${output}`)
  return performance.now() - start
}

await bareLoop()
const costs: number[] = []
for (let round = 1; round <= rounds; round++) {
  const bare = await bareLoop()
  const whole = await product()
  costs.push((whole - bare) / (documents * steps))
  console.log(
    `round ${round}: vitest run ${whole.toFixed(0)} ms, bare loop ${bare.toFixed(0)} ms, ${costs.at(-1)!.toFixed(2)} ms a step`,
  )
}
const cost = costs.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!
console.log(`median: ${cost.toFixed(2)} ms a step (bar: 3)`)
child.kill()
process.exit(cost < 3 ? 0 : 1)
