import { readFileSync } from 'node:fs'
import type { TestProject, TestSequencer, TestSpecification, Vitest } from 'vitest/node'
import { tried } from '../src/ground/tried.ts'

/**
 * Documents share their workers, regardless of the project's `isolate`: they are data, so one cannot affect another,
 * and a worker of its own costs each a hundred times the time of its steps. The project's own tests keep their
 * isolation.
 *
 * Vitest reads `specification.project.config.isolate` when it assigns a file to a worker, and the sequencer is its hook
 * right before that. So the sequencer gives the documents' specifications a view of their project that differs in this
 * value, and puts them in a row, because a worker is only kept for a suitable next file. If a later Vitest reads it
 * elsewhere, documents are isolated again: slower, but correct.
 *
 * @param isShared whether a file may share its worker.
 */
export function shareWorkers(vitest: Vitest, isShared: (file: TestSpecification) => boolean): void {
  const { sequence } = vitest.config
  if (sharers.has(sequence.sequencer)) return
  sequence.sequencer = sharer(sequence.sequencer, isShared)
  sharers.add(sequence.sequencer)
}

type Sequencer = Vitest['config']['sequence']['sequencer']
const sharers = new WeakSet<Sequencer>()

/** The user's sequencer, or Vitest's, but for the documents. */
function sharer(Theirs: Sequencer, isShared: (file: TestSpecification) => boolean): Sequencer {
  return class implements TestSequencer {
    readonly #theirs: TestSequencer

    constructor(vitest: Vitest) {
      this.#theirs = new Theirs(vitest)
    }

    /**
     * Sorts by project first, since Vitest's projects come in the order in which their folders were read. Shards are
     * runs of their own, made by path alone: of a document in two projects, two could run the one, and none the other.
     */
    shard(files: TestSpecification[]) {
      return this.#theirs.shard([...files].sort(byProject))
    }

    /** Loads come last: they take long, and mean little if a suite fails. */
    async sort(files: TestSpecification[]) {
      // A copy: theirs may sort in place, and give the very list that it was given.
      const sorted = [...(await this.#theirs.sort([...files]))]
      const views = new Map(sorted.filter(isShared).map(file => [file, inSharedWorker(file)]))
      // Vitest 4 asks the list that it gave about each file that it runs, Vitest 5 only has the one that it gets. Both
      // report in the order of the first.
      files.splice(0, files.length, ...files.map(file => views.get(file) ?? file))
      const hasLoad = new Set(sorted.filter(({ moduleId }) => mayHaveLoad(moduleId)))
      const inOrder = (areLoads: boolean) => {
        const part = sorted.filter(file => hasLoad.has(file) === areLoads)
        return [...part.filter(file => !views.has(file)), ...part.flatMap(file => views.get(file) ?? [])]
      }
      return [...inOrder(false), ...inOrder(true)]
    }
  }
}

/** Whether the text of a test file or a document speaks of load; a file that cannot be read fails elsewhere. */
function mayHaveLoad(file: string): boolean {
  return /\b(?:loadTest|runLoad|x-load-test)\b/.test(tried(() => readFileSync(file, 'utf8')) ?? '')
}

function byProject(a: TestSpecification, b: TestSpecification): number {
  return compare(a.project.name, b.project.name) || compare(a.moduleId, b.moduleId)
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Stands in for the specification, which Vitest keeps for the next run and knows by its project. */
function inSharedWorker(file: TestSpecification): TestSpecification {
  return Object.create(file, { project: { value: sharing(file.project), enumerable: true } })
}

const views = new WeakMap<TestProject, TestProject>()

/** One view per project: a worker is shared within one project only, by identity. */
function sharing(project: TestProject): TestProject {
  const known = views.get(project)
  if (known) return known
  const view: TestProject = Object.create(project, {
    config: { get: () => withoutIsolation(project.config) },
    isRootProject: { value: () => project.isRootProject() },
  })
  views.set(project, view)
  return view
}

const configs = new WeakMap<TestProject['config'], TestProject['config']>()

/** Proxy, so that copies of the configuration have the changed value as well. */
function withoutIsolation(config: TestProject['config']): TestProject['config'] {
  const known = configs.get(config)
  if (known) return known
  const view = new Proxy(config, { get: (target, key) => (key === 'isolate' ? false : Reflect.get(target, key)) })
  configs.set(config, view)
  return view
}
