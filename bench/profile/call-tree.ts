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
  { nodes, samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile,
  seconds: number,
  place: (url: string, line: number) => string,
): Call {
  const self = new Map<number, number>()
  let at = startTime
  samples.forEach((id, n) => {
    at += timeDeltas[n] ?? 0
    // A sample lasts until the next one.
    const length = timeDeltas[n + 1] ?? Math.max(0, endTime - at)
    if (at >= endTime - seconds * 1e6) self.set(id, (self.get(id) ?? 0) + length)
  })
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
  /** Of the whole, 0 to 1. */
  share: number
}

/** Time in themselves by what calls have in common, the most first. */
export function sharesBy(root: Call, nameOf: (call: Call) => string): Hot[] {
  const found = new Map<string, number>()
  const visit = (call: Call) => {
    const name = nameOf(call)
    found.set(name, (found.get(name) ?? 0) + call.self / root.total)
    call.children.forEach(visit)
  }
  visit(root)
  return [...found].map(([name, share]) => ({ name, share })).toSorted((a, b) => b.share - a.share)
}

/** `#readFields  src/http/wire/parser.ts`. */
export const functionOf = ({ name, where }: Call): string => (where ? `${name}  ${where}` : name)

/** Names the scan of JSON. Beside the wire it is the one module of WebAssembly in a load thread; undici has another. */
export function nameScan(call: Call): void {
  if (call.where.startsWith('wasm:')) Object.assign(call, { name: 'the scan', where: 'src/http/select/scan' })
  for (const child of call.children) nameScan(child)
}

/** `src/http/wire`, `src/workflow`; what is not ours in a few words. */
export function roomOf({ name, where }: Call): string {
  if (where.startsWith('node:')) return "Node's own JavaScript (streams, net, timers)"
  const room = /^src\/(?:http\/\w+(?=\/)|\w+)/.exec(where)?.[0]
  if (room) return room
  if (where !== '') return 'packages'
  if (/^write\w*String|^writev|^writeBuffer/.test(name)) return 'writing to sockets (system calls)'
  return name.startsWith('(') ? name : 'built into V8 and Node'
}
