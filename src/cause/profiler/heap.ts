import type { HeapProfiler, Session } from 'node:inspector'
import process from 'node:process'
import { addSources, type Maps } from './positions.ts'
import { HEAP_SAMPLING, type HeapNode, type HeapReading } from './protocol.ts'

/** Samples where the objects of a thread were allocated that are still there. */
export class HeapWatch {
  readonly #session: Session
  readonly #maps: Maps = new Map()
  #isFirst = true

  constructor(session: Session) {
    this.#session = session
    session.connect()
    session.post('HeapProfiler.enable')
    session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_SAMPLING })
  }

  /** Objects that are left after a collection. Sessions of the same thread respond before `post` returns. */
  read(): HeapReading {
    const scripts = this.#isFirst ? this.#scripts() : []
    this.#isFirst = false
    const session = this.#session
    // Objects with a finalizer are gone after the second one.
    for (let i = 0; i < 2; i++) session.post('HeapProfiler.collectGarbage')
    const nodes: HeapNode[] = []
    session.post('HeapProfiler.getSamplingProfile', (error, result) => {
      if (error === null) add(nodes, (result as HeapProfiler.GetSamplingProfileReturnType).profile.head)
    })
    addSources(nodes, this.#maps)
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
    return { rss, heap: heapUsed, buffers: arrayBuffers, nodes, scripts }
  }

  /** All scripts that the thread has loaded, with their lengths. */
  #scripts(): HeapReading['scripts'] {
    const scripts: [url: string, length: number][] = []
    const note = ({ params: { url, length = 0 } }: { params: { url: string; length?: number } }) =>
      void scripts.push([url, length])
    this.#session.on('Debugger.scriptParsed', note)
    this.#session.post('Debugger.enable')
    this.#session.post('Debugger.disable')
    this.#session.off('Debugger.scriptParsed', note)
    return scripts
  }
}

/** Nodes of a tree in a list, each behind its parent. */
function add(nodes: HeapNode[], head: HeapProfiler.SamplingHeapProfileNode): void {
  const open: [node: HeapProfiler.SamplingHeapProfileNode, parent: number][] = [[head, -1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [{ callFrame, selfSize, children }, parent] = next
    const id = nodes.push({ id: nodes.length, callFrame, selfSize, parent }) - 1
    for (const child of children) open.push([child, id])
  }
}
