import type { TestProject, TestSequencer, TestSpecification, Vitest } from 'vitest/node'

/**
 * Lets documents share their workers, whatever the project says about `isolate`: they are data, so that one can leave
 * nothing behind for another, and a worker of its own costs each of them a hundred times what its steps do. The
 * project's own tests keep their isolation.
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

/** The user's sequencer, documents put last. */
function sharer(Sequencer: Sequencer, isDocument: (file: string) => boolean): Sequencer {
  return class implements TestSequencer {
    readonly #own: TestSequencer

    constructor(vitest: Vitest) {
      this.#own = new Sequencer(vitest)
    }

    shard(files: TestSpecification[]) {
      return this.#own.shard(files)
    }

    async sort(files: TestSpecification[]) {
      const sorted = await this.#own.sort(files)
      const documents = sorted.filter(file => isDocument(file.moduleId) && file.pool !== 'browser')
      for (const file of documents) Object.assign(file, { project: sharing(file.project) })
      return [...sorted.filter(file => !documents.includes(file)), ...documents]
    }
  }
}

const views = new WeakMap<TestProject, TestProject>()
const isView = new WeakSet<TestProject>()

/** One view a project: a worker is shared within one project only, and told from others by identity. */
function sharing(project: TestProject): TestProject {
  if (isView.has(project)) return project
  const known = views.get(project)
  if (known) return known
  const view: TestProject = Object.create(project, {
    config: { get: () => withoutIsolation(project.config) },
    isRootProject: { value: () => project.isRootProject() },
  })
  views.set(project, view)
  isView.add(view)
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
