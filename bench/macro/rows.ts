import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { generatorCore } from './cores.ts'
import type { Target } from './nginx.ts'
import { type Peer, peers } from './peers.ts'
import { find } from './programs.ts'
import { runPinned } from './run-pinned.ts'
import type { Sample, Task } from './sample.ts'
import type { Workload } from './workloads.ts'

export const CONNECTIONS = 64

/** One generator under one workload. */
export interface Row {
  workload: Workload
  /** `wrk`, `ours (wire)`. */
  generator: string
  /** What it does besides sending. */
  does: string
  /** Why it cannot be run. */
  missing?: string
  run(seconds: number): Promise<Sample>
}

let folder: string | undefined

function temporaryFile(name: string, text: string): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'vitest-arazzo-peers-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const script = fileURLToPath(new URL('./generator.js', import.meta.url))

/**
 * @param cores where it runs; a core of its own for comparisons.
 * @param flags of Node.
 */
export async function runTask(task: Task, cores = generatorCore, flags: readonly string[] = []): Promise<Sample> {
  const { output } = await runPinned(
    cores,
    [process.execPath, ...flags, script, JSON.stringify(task)],
    task.seconds + 30,
  )
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample
}

/** @param warmUp whole seconds. */
export function rowsOf(
  workload: Workload,
  target: Target,
  { connections = CONNECTIONS, warmUp }: { connections?: number; warmUp?: number } = {},
): Row[] {
  const { requests, workflows, isTls = false, isShort = false } = workload
  const { origin, ca } = isTls ? (target.tls ?? { origin: '', ca: '' }) : { origin: target.origin }
  const common = { origin, connections, ...(ca !== undefined && { ca }), ...(warmUp !== undefined && { warmUp }) }
  const whyNot = isTls ? target.whyNoTls : undefined
  const row = (generator: string, does: string, run: Row['run'], missing: string | undefined = whyNot): Row => ({
    workload,
    generator,
    does,
    run,
    ...(missing !== undefined && { missing }),
  })
  return [
    ...peers
      .filter(({ name }) => !isShort || name === 'wrk')
      .map(peer =>
        row(
          peer.name,
          requests.length > 1 ? 'fixed text' : '',
          seconds => runPeer(peer, origin, workload, { connections, seconds }),
          whyNot ?? whyNotPeer(peer, workload),
        ),
      ),
    ...(isShort
      ? []
      : [
          row('autocannon', requests.length > 1 ? 'fixed text' : '', seconds =>
            runTask({ ...common, kind: 'autocannon', requests, seconds }),
          ),
          row('undici dispatch', 'a bare loop', seconds => runTask({ ...common, kind: 'bare', requests, seconds })),
        ]),
    ...Object.entries(workflows).flatMap(([does, workflow]) =>
      (['wire', 'undici'] as const).map(transport =>
        row(`ours (${transport})`, does, seconds =>
          runTask({ ...common, kind: 'ours', workflow, transport, threads: 1, seconds }),
        ),
      ),
    ),
  ]
}

function whyNotPeer(peer: Peer, { requests }: Workload): string | undefined {
  if (find(peer.name) === undefined) return 'not installed'
  return requests.length > 1 && !peer.isVaried ? 'sends only one kind of request' : undefined
}

async function runPeer(
  peer: Peer,
  origin: string,
  { requests }: Workload,
  size: { connections: number; seconds: number },
): Promise<Sample> {
  const command = peer.command(origin + requests[0]!.path, requests, size, temporaryFile)
  const { output, cpu } = await runPinned(generatorCore, command, size.seconds + 30)
  const printed = peer.read(output)
  if (printed.errors > 0 || !(printed.requests > 0))
    throw new Error(`Failed to measure ${peer.name}: ${printed.errors} errors. Look at what it printed: ${output}`)
  return { requestsPerSecond: printed.requestsPerSecond, cpuPerRequest: cpu / printed.requests }
}
