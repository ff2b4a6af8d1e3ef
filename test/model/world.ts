import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { ArazzoError } from '../../src/ground/errors.ts'
import { readRef } from '../../src/workflow/find.ts'
import { openRun } from '../../src/workflow/functional.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'
import { arazzoOf, openapiOf } from './document.ts'
import { type Expected, follow } from './interpreter.ts'
import { type Answer, type Program, pathOf, type Script } from './program.ts'

/** A real server that answers by a script, and a folder for documents; both as long as the test file runs. */
export class World {
  origin = ''
  folder = ''
  /** Path and query of what has come in. */
  seen: string[] = []
  #written: Program | undefined
  /** As it was written last: most programs differ in what their steps do only. */
  #api = ''
  #read: { program: Program; workflow: ReturnType<typeof readRef> } | undefined
  #script: Script = () => ({ status: 200 })
  readonly #counts = new Map<string, number>()
  readonly #server = createServer((request, response) => {
    const url = request.url!
    const body = JSON.stringify({ n: this.seen.push(url) })
    const nth = this.#counts.get(pathOf(url)) ?? 0
    this.#counts.set(pathOf(url), nth + 1)
    const { status, retryAfter }: Answer = this.#script(url, nth)
    // Something of an answer, so that no client takes it for an idle connection that was closed.
    if (status === 0) return void request.socket.write('HTTP/1.1 ', () => request.socket.destroy())
    const more = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
    response.writeHead(status, { 'content-type': 'application/json', ...more }).end(body)
  })

  async open(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-model-'))
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true })
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** Answers by the script from now on, as if nothing had come in yet. */
  play(script: Script): void {
    this.#script = script
    this.#counts.clear()
    this.seen = []
  }

  /** Writes the program down; returns the reference to run it by. */
  write(program: Program): string {
    if (this.#written !== program) {
      const api = openapiOf(program)
      if (api !== this.#api) writeFileSync(join(this.folder, 'api.json'), api)
      this.#api = api
      writeFileSync(join(this.folder, 'flow.arazzo.yaml'), arazzoOf(program))
      this.#written = program
    }
    return `${join(this.folder, 'flow.arazzo.yaml')}#${program.root}`
  }

  async run(program: Program, script: Script): Promise<WorkflowReport> {
    const { document, workflowId } = await this.#workflowOf(program)
    this.play(script)
    const { inputs } = program
    const run = openRun(document, workflowId, { servers: this.origin, inputs })
    try {
      while (await run.next());
      return run.report()
    } finally {
      await run.close()
    }
  }

  /** Read once, whatever scripts it is then run by: that took a quarter of the time of all models. */
  #workflowOf(program: Program): ReturnType<typeof readRef> {
    if (this.#read?.program !== program) {
      // A model may read what is not there yet; that is for the checks at collection to complain of.
      const severities = { 'forward-reference': 'off', 'undefined-input': 'off' } as const
      this.#read = { program, workflow: readRef(this.write(program), { severities }) }
    }
    return this.#read.workflow
  }
}

export function openWorld(): World {
  const world = new World()
  beforeAll(() => world.open())
  afterAll(() => world.close())
  return world
}

/** Runs a program for real, and expects what the model says. Answers with what happened. */
export async function expectAsModelled(world: World, program: Program, script: Script): Promise<WorkflowReport> {
  const expected = follow(program, script)
  const report = await world.run(program, script).catch(error => {
    if (!(error instanceof ArazzoError)) throw error
    throw new Error(`${error.message}\n\n${arazzoOf(program)}`)
  })
  const actual: Expected = {
    requests: [...world.seen],
    trail: report.steps.map(({ workflowId, stepId, state }) => `${workflowId}/${stepId} ${state}`),
    state: report.state,
    outputs: report.outputs as Expected['outputs'],
  }
  expect(actual, `not as the model says (${report.because ?? 'it passed'}):\n\n${arazzoOf(program)}`).toEqual(expected)
  return report
}
