import { plain } from '../ground/plain.ts'
import { formatBytes, formatCount, formatMs, formatShare } from '../ground/units.ts'
import type { HostFigures, LoadReport } from '../measure/report.ts'
import type { Colors } from './color.ts'
import { alignColumns } from './columns.ts'

export const HOST_HEADS = ['share', 'begun', 'late', 'busy', 'CPU', 'memory', 'connections', 'clock']

/** Places of columns that a narrow terminal has no room for: a clock that went apart is a doubt, too. */
const SPARE = [6, 7, 5, 4, 3]

/**
 * A row of the table of hosts, in the order of its heads: part of the load, iterations begun in the whole run, how
 * late 99 of 100 of them began, how busy its busiest thread was, CPU (of one core) and memory of its process,
 * connections, and how far its clock was from the coordinator's, with how that changed.
 */
export function hostCells(host: HostFigures): string[] {
  const { share, started, lateness, eventLoopUtilization, cpu, memory, connectionsOpened, clock, lostAt } = host
  const known = <T>(value: T | undefined, write: (value: T) => string) => (value === undefined ? '-' : write(value))
  return [
    formatShare(share),
    formatCount(started),
    lostAt === undefined ? known(lateness, formatMs) : lostAt < 0 ? 'not begun' : `lost at ${formatMs(lostAt)}`,
    known(eventLoopUtilization, value => formatShare(value)),
    known(cpu, value => formatShare(value)),
    known(memory, value => formatBytes(value)),
    known(connectionsOpened, formatCount),
    clockOf(clock),
  ]
}

/** `+12.4 ms, drift 0.2 ms`. */
function clockOf({ offset, drift }: HostFigures['clock']): string {
  const ahead = `${offset < 0 ? '-' : '+'}${formatMs(Math.abs(offset))}`
  return drift === undefined ? ahead : `${ahead}, drift ${formatMs(Math.abs(drift))}`
}

/** The hosts of a run as a table for terminals; nothing where it ran in one process. */
export function hostTable({ hosts = [] }: LoadReport, width: number, colors: Colors): string[] {
  if (hosts.length === 0) return []
  const rows = hosts.map(host => ({
    name: plain(host.host),
    cells: hostCells(host),
    ...(host.lostAt !== undefined && { paint: colors.red }),
  }))
  // Rows of one kind, if they differ.
  return alignColumns([{ name: 'hosts', cells: HOST_HEADS, paint: colors.dim }, ...rows], width, SPARE, 'whole')
}
