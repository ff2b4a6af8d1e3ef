import { formatAttempts, messageOf, placeOf } from '../budget/cause.ts'
import { continued } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import { formatCount, formatMs, formatNumber, formatRate, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import type { ErrorGroup, LoadReport, ResourceUsage } from '../measure/report.ts'
import type { Colors } from './color.ts'
import type { Entry } from './section.ts'
import { padEnd, padStart, widthOf } from './text.ts'
import { detailsOf, resourcesOf } from './usage.ts'

const MOST_ERRORS = 10
const WIDEST_INDENT = 20

/** The ledger of the measured window. */
export function ledgerEntry({ measuredArrivals, iterationRate, model }: LoadReport): Entry {
  const { due, dropped, started, passed, failed, aborted } = measuredArrivals
  const ended =
    `${formatCount(started)} (${formatRate(iterationRate)}): ${formatCount(passed)} passed, ${formatCount(failed)} ` +
    'failed'
  const cut = aborted > 0 ? `, ${formatCount(aborted)} aborted` : ''
  const lost = model === 'open' ? `; ${formatCount(dropped)} of ${formatCount(due)} due were dropped` : ''
  return { text: ended + cut + lost }
}

/** `cut 3.2 s into the run: steady after 3.2 s: mean latency 12.1 ms, then 12.4 ms, …`. */
export function warmUpEntries({ warmUpCut }: LoadReport): Entry[] {
  return warmUpCut === undefined ? [] : [{ text: `cut ${formatMs(warmUpCut.at)} into the run: ${warmUpCut.because}` }]
}

/**
 * Errors, the most frequent first:
 * `5 attempts  criterion  item: $statusCode == 200 is not met (503), shop.arazzo.yaml:31:9`.
 */
export function errorEntries(errors: readonly ErrorGroup[], colors: Colors): Entry[] {
  const shown = worstFirst(errors).slice(0, MOST_ERRORS)
  const counts = shown.map(({ count }) => formatAttempts(count))
  const countWidth = Math.max(...counts.map(widthOf))
  const kindWidth = Math.max(...shown.map(({ kind }) => widthOf(plain(kind))))
  const entries = shown.map((error, i): Entry => {
    const { step, kind, at, exemplars, retried } = error
    const place = at === undefined ? '' : `, ${placeOf(at)}`
    const again = retried === undefined ? '' : `, ${formatCount(retried)} retried`
    const trace = exemplars[0]?.trace === undefined ? '' : `, trace ${exemplars[0].trace}`
    const lead = `${padStart(counts[i] ?? '', countWidth)}  ${padEnd(plain(kind), kindWidth)}  `
    return { lead, text: plain(`${step}: ${continued(messageOf(error), place + again + trace)}`), paint: colors.red }
  })
  const others = errors.length - shown.length
  return others > 0 ? [...entries, { text: `and ${others} more kinds of error` }] : entries
}

/** @param lead stands before its first line: the name, where there are several. */
export function targetEntries(usage: ResourceUsage, lead = ''): Entry[] {
  const [first, ...more] = [`${resourcesOf(usage)}; ${usage.of}`, ...detailsOf(usage)]
  const indent = ' '.repeat(Math.min(widthOf(lead), WIDEST_INDENT))
  return [{ lead, text: plain(first!) }, ...more.map(text => ({ lead: indent, text: plain(text) }))]
}

/** Targets with a name, each after its name. */
export function namedTargetEntries(targets: readonly [name: string, usage: ResourceUsage][]): Entry[] {
  const named = targets.map(([name, usage]) => [plain(name), usage] as const)
  const width = Math.max(...named.map(([name]) => widthOf(name)))
  return named.flatMap(([name, usage]) => targetEntries(usage, `${padEnd(name, width)}  `))
}

/** `64 opened, 2 lost and 2 of them opened again; 12 requests waited 3.4 ms in all for one`. */
export function connectionsEntry({ transport, hosts = [] }: LoadReport): Entry {
  const gone = hosts.filter(({ lostAt }) => lostAt !== undefined).map(({ host }) => host)
  if (gone.length > 0 && gone.length === hosts.length) return { text: 'not known: no host is left' }
  const { connectionsOpened, connectionsLost, connectionsReopened, requestsWaited, waitingTime } = transport
  const over = transport.protocol?.includes('h2') ? ` over ${spoken(transport.protocol)}` : ''
  const { streams } = transport
  const atOnce = streams
    ? `, ${formatNumber(streams.mean)} streams at once on one in the mean and ${formatCount(streams.most)} at most`
    : ''
  const reused = `, ${formatCount(transport.requestsReused)} requests on one used before`
  const lost = connectionsLost > 0 ? `, ${formatCount(connectionsLost)} lost` : ''
  const reopened = connectionsReopened > 0 ? `, ${formatCount(connectionsReopened)} opened again` : ''
  const waited =
    requestsWaited > 0 ? `; ${formatCount(requestsWaited)} requests waited ${formatMs(waitingTime)} in all for one` : ''
  const { requestsResent = 0, requestsRefused = 0 } = transport
  const again = (count: number, why: string) => (count > 0 ? `; ${counted(count, 'request')} sent again ${why}` : '')
  const resent =
    again(requestsResent, 'after an idle connection had ended') +
    again(requestsRefused, 'which the server had not processed')
  const without = gone.length > 0 ? `; without ${plain(gone.join(', '))}` : ''
  const said = `${formatCount(connectionsOpened)} opened${over}${atOnce}${reused}${lost}${reopened}${resent}${waited}`
  return { text: `${said}${without}` }
}

/** Versions of HTTP by the names that people know. */
const spoken = (protocol: string) => plain(protocol).replace('h1', 'HTTP/1.1').replace('h2', 'HTTP/2')

export function generatorEntry({ generator, threads, transport, hosts = [] }: LoadReport): Entry {
  if (hosts.length > 0 && hosts.every(({ lostAt }) => lostAt !== undefined))
    return { text: 'not known: no host is left' }
  const { eventLoopUtilization, lateness, ...usage } = generator
  const who = `${counted(threads, 'thread')}, ${plain(transport.name)}`
  const late = lateness.count === 0 ? '' : `, 99 % of starts at most ${formatMs(lateness.p99)} late`
  return { text: `${who}; ${resourcesOf(usage)}; event loop busy ${formatShare(eventLoopUtilization)}${late}` }
}

export function warningEntries(warnings: readonly string[], colors: Colors): Entry[] {
  return warnings.map(text => ({ lead: '! ', text: plain(text), paint: colors.yellow }))
}
