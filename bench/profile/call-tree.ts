import type { Profiler } from 'node:inspector'

/** A function as it was called from those above it, with the time spent in it. */
export interface Call {
  name: string
  /** Its file, as a reader knows it: `src/http/wire/parser.ts`, `node:net`; empty for what is built in. */
  where: string
  /** In itself, and with all that it called; in microseconds. */
  self: number
  total: number
  children: Call[]
}

/**
 * The calls of the last `seconds` of a profile; what lies before is start-up and warm-up.
 *
 * @param place names the file of a function.
 */
export function callTree(
  { nodes, samples = [], timeDeltas = [], endTime }: Profiler.Profile,
  seconds: number,
  place: (url: string, line: number) => string,
): Call {
  const self = new Map<number, number>()
  let at = endTime
  // A sample lasts until the next one.
  for (let n = samples.length - 1; n >= 0 && at > endTime - seconds * 1e6; n--) {
    const length = timeDeltas[n + 1] ?? 0
    at -= length
    self.set(samples[n]!, (self.get(samples[n]!) ?? 0) + length)
  }
  const byId = new Map(nodes.map(node => [node.id, node]))
  const build = (node: Profiler.ProfileNode): Call => {
    const { functionName, url, lineNumber } = node.callFrame
    const children = (node.children ?? [])
      .map(id => build(byId.get(id)!))
      .filter(({ total }) => total > 0)
      .toSorted((a, b) => b.total - a.total)
    const own = self.get(node.id) ?? 0
    return {
      name: functionName || '(anonymous)',
      where: place(url, lineNumber),
      self: own,
      total: children.reduce((sum, { total }) => sum + total, own),
      children,
    }
  }
  return build(nodes[0]!)
}

export interface Hot {
  name: string
  where: string
  /** Of the whole, 0 to 1. */
  share: number
}

/** The functions in which most time is spent, whoever called them. */
export function hottest(root: Call, count: number): Hot[] {
  const found = new Map<string, Hot>()
  const visit = ({ name, where, self, children }: Call) => {
    const key = `${name} ${where}`
    const hot = found.get(key) ?? { name, where, share: 0 }
    hot.share += self / root.total
    found.set(key, hot)
    children.forEach(visit)
  }
  visit(root)
  return [...found.values()].toSorted((a, b) => b.share - a.share).slice(0, count)
}
