import { isDeepStrictEqual } from 'node:util'
import type { Milliseconds } from '../../../src/ground/units.ts'
import type { OutgoingRequest, Transport, TransportOptions } from '../../../src/http/transport.ts'
import type { Agreement } from './agree.ts'
import { agreement } from './agree.ts'
import type { Answer } from './answers.ts'
import { answerOf } from './answers.ts'
import type { Certificate, Outcome } from './compare.ts'
import { byUndiciAlone, outcomeOf, scriptedServer } from './compare.ts'

type Create = (options: TransportOptions) => Transport

interface Difference {
  answer: Answer
  /** Undici by itself, and within our transport. */
  alone: Outcome
  undici: Outcome
  wire: Outcome
}

export interface Findings {
  counts: Record<Agreement, number>
  differences: Difference[]
}

const MOST_KEPT = 20
/** How long what may never end is waited for. */
const PATIENCE: Milliseconds = 1_000

/**
 * Sends each answer through both transports, many at once; on connections that are kept alive where the answers let
 * them.
 */
export async function compareAll(options: {
  from: number
  count: number
  lanes: number
  oracle: Create
  subject: Create
  /** Of a server over TLS. */
  certificate?: Certificate
  until?: () => boolean
  onCompared?: () => void
}): Promise<Findings> {
  const { lanes, oracle, subject, certificate } = options
  const server = await scriptedServer(certificate)
  const common = { connections: lanes, ...(certificate && { tls: { [server.origin]: { ca: certificate.cert } } }) }
  const make = (settings: TransportOptions) =>
    [oracle({ ...common, ...settings }), subject({ ...common, ...settings })] as const
  // A connection that an answer breaks off would take the next request with it, sooner or later.
  const kept = make({})
  const single = make({ reuse: false })
  const findings: Findings = {
    counts: { same: 0, 'same class': 0, stricter: 0, righter: 0, different: 0 },
    differences: [],
  }
  const compare = async (answer: Answer, patience: Milliseconds) => {
    server.play(answer.seed, answer)
    const request = requestOf(answer, server.origin, patience)
    const ask = (transport: Transport) => outcomeOf(transport, request)
    const [alone, undici, wire] = (await Promise.all([
      byUndiciAlone(request, certificate?.cert),
      ...(answer.isWhole ? kept : single).map(ask),
    ])) as [Outcome, Outcome, Outcome]
    server.forget(answer.seed)
    // Of our transports whatever can be seen is the same; that it is right, undici by itself has to say.
    const found = isDeepStrictEqual(undici, wire) ? agreement(answer, alone, wire) : 'different'
    return { found, difference: { answer, alone, undici, wire } }
  }
  let seed = options.from
  const end = options.from + options.count
  const lane = async () => {
    while (seed < end && !options.until?.()) {
      const answer = answerOf(seed++)
      let { found, difference } = await compare(answer, PATIENCE)
      // What some gave up and others did not may only have come late, on a busy machine.
      if (found === 'different' && isGivenUp(difference)) ({ found, difference } = await compare(answer, 20 * PATIENCE))
      findings.counts[found]++
      options.onCompared?.()
      if (found === 'different' && findings.differences.length < MOST_KEPT) findings.differences.push(difference)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.lanes }, lane))
  } finally {
    for (const transport of [...kept, ...single]) {
      transport.abort()
      await transport.close()
    }
    await server.close()
  }
  return findings
}

const isGivenUp = ({ alone, undici, wire }: Difference): boolean =>
  [alone, undici, wire].some(outcome => outcome.kind === 'failure' && outcome.cause === 'timeout')

const requestOf = (
  { seed, method, isWhole, after }: Answer,
  origin: string,
  patience: Milliseconds,
): OutgoingRequest => ({
  origin,
  method,
  path: `/${seed}`,
  headers: [],
  body: method === 'POST' ? 'x' : undefined,
  // What never ends is given up; everything else has time, on a busy machine too.
  timeout: !isWhole && after === 'keep' ? patience : 20 * PATIENCE,
})

/** The differences, each with what is needed to look into it; empty when there is none. */
export function report({ differences, counts }: Findings): string {
  if (counts.different === 0) return ''
  const lines = differences.map(({ answer, alone, undici, wire }) =>
    [
      `${answer.seed}: ${answer.method}, ${answer.how}, then ${answer.after}, cut at ${answer.cuts.join(', ')}`,
      `  ${JSON.stringify(answer.bytes.slice(0, 600))}`,
      `  alone:  ${show(alone)}`,
      `  undici: ${show(undici)}`,
      `  wire:   ${show(wire)}`,
    ].join('\n'),
  )
  return `${counts.different} differences:\n${lines.join('\n')}`
}

function show(outcome: Outcome): string {
  return JSON.stringify(outcome).slice(0, 400)
}
