import type { TestProject, TestSequencer, TestSpecification, Vitest } from 'vitest/node'

/**
 * Lets documents share their workers, whatever the project says about `isolate`: they are data, so that one can leave
 * nothing behind for another, and a worker of its own costs each of them a hundred times what its steps do. The
 * project's own tests keep their isolation, and run first.
 *
 * Vitest asks `specification.project.config.isolate` when it hands a file to a worker, and the sequencer is its hook for
 * what happens just before. So the sequencer gives the documents' specifications a view of their project that differs in
 * this one value, and puts them in a row, since a worker is only kept for a next file that it suits. Should Vitest come
 * to ask elsewhere, documents are isolated again: slower, and just as right.
 */
export function shareWorkers(vitest: Vitest, isDocument: (file: string) => boolean): void {
  const { sequence } = vitest.config
  if (sharers.has(sequence.sequencer)) return
  sequence.sequencer = sharer(sequence.sequencer, isDocument)
  sharers.add(sequence.sequencer)
}

type Sequencer = Vitest['config']['sequence']['sequencer']
const sharers = new WeakSet<Sequencer>()

/** The user's sequencer, or Vitest's, but for the documents. */
function sharer(Theirs: Sequencer, isDocument: (file: string) => boolean): Sequencer {
  return class implements TestSequencer {
    readonly #theirs: TestSequencer

    constructor(vitest: Vitest) {
      this.#theirs = new Theirs(vitest)
    }

    shard(files: TestSpecification[]) {
      return this.#theirs.shard(files)
    }

    async sort(files: TestSpecification[]) {
      const sorted = await this.#theirs.sort(files)
      const documents = sorted.filter(file => isDocument(file.moduleId) && file.pool !== 'browser')
      const shared = new Map(documents.map(file => [file, inSharedWorker(file)]))
      // Vitest 4 goes on with the list that it gave, Vitest 5 with the one that it gets.
      files.forEach((file, index) => {
        files[index] = shared.get(file) ?? file
      })
      return [...sorted.filter(file => !shared.has(file)), ...shared.values()]
    }
  }
}

/** Not the specification itself: Vitest keeps it for the next run, and knows it by its project. */
function inSharedWorker(file: TestSpecification): TestSpecification {
  return Object.create(file, { project: { value: sharing(file.project), enumerable: true } })
}

const views = new WeakMap<TestProject, TestProject>()

/** One view a project: a worker is shared within one project only, and told from others by identity. */
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

/** A proxy, so that whoever copies the configuration copies the changed value as well. */
function withoutIsolation(config: TestProject['config']): TestProject['config'] {
  const known = configs.get(config)
  if (known) return known
  const view = new Proxy(config, {
    get: (target, key) => (key === 'isolate' ? false : Reflect.get(target, key)),
  })
  configs.set(config, view)
  return view
}
