import type { TestProject, TestSequencer, TestSpecification, Vitest } from 'vitest/node'

/**
 * Documents share their workers, regardless of the project's `isolate`: they are data, so one cannot affect another,
 * and a worker of its own costs each a hundred times the time of its steps. The project's own tests keep their
 * isolation, and run first.
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

    async sort(files: TestSpecification[]) {
      // A copy: theirs may sort in place, and give the very list that it was given.
      const sorted = [...(await this.#theirs.sort([...files]))]
      const views = new Map(sorted.filter(isShared).map(file => [file, inSharedWorker(file)]))
      // Vitest 4 asks the list that it gave about each file that it runs, Vitest 5 only has the one that it gets. Both
      // report in the order of the first.
      files.splice(0, files.length, ...files.map(file => views.get(file) ?? file))
      return [...sorted.filter(file => !views.has(file)), ...views.values()]
    }
  }
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
