import { readFileSync } from 'node:fs'
import type { TestProject, TestSpecification } from 'vitest/node'
import type { ReadOptions } from '../../src/document/model.ts'
import { isDocument, ours } from '../files.ts'
import { mayHaveTags } from '../tags.ts'

/**
 * Whether a run may need the applications of a project. It does not if the filter of tags leaves out all that it has,
 * which are documents only. Any other file may use them as soon as it is imported, by an address that it knows itself,
 * and its tags are not known before.
 *
 * @param files of the project that are run.
 */
export async function mayNeedApplications(
  { config, vitest }: TestProject,
  files: readonly TestSpecification[],
  options: ReadOptions,
): Promise<boolean> {
  const { tagsFilter = [] } = config
  // In watch mode the filter can change, and what is started is started before the first run.
  if (tagsFilter.length === 0 || vitest.config.watch || hasOwnCode(config)) return true
  for (const file of files) {
    if (!isDocument(file.moduleId) || file.testTagsFilter !== undefined) return true
    const tags = await tagsOf(file.moduleId, options)
    if (tags === undefined || mayHaveTags(tags, tagsFilter)) return true
  }
  return false
}

/** Whether code of the user runs with each document, even if the filter leaves out all of its tests. */
function hasOwnCode({ setupFiles, environment, runner }: TestProject['config']): boolean {
  return setupFiles.some(file => file !== ours('setup.js')) || environment !== 'node' || runner !== undefined
}

/** Tags of all tests of a document; undefined if they are not known. */
async function tagsOf(file: string, options: ReadOptions): Promise<string[] | undefined> {
  const { LOAD_TEST_FIELD } = await import('../../src/document/extension-fields.ts')
  const { readArazzo } = await import('../../src/document/read.ts')
  const { readSuiteOptions } = await import('../../src/load/suites/options.ts')
  const { document } = await readArazzo(file, options)
  // Vitest itself looks for these in the text of a file.
  if (document === undefined || readFileSync(file, 'utf8').includes('@module-tag')) return undefined
  const { workflows } = document
  const ofLoad = workflows.some(({ extensions }) => Object.hasOwn(extensions, LOAD_TEST_FIELD)) ? ['load'] : []
  return [...ofLoad, ...workflows.flatMap(one => readSuiteOptions(document, one).options.tags.map(({ name }) => name))]
}
