import { readFileSync } from 'node:fs'
import type { ArazzoDocument } from '../../src/document/model.ts'
import { readArazzo } from '../../src/document/read.ts'
import { errorsAmong, type Problem } from '../../src/ground/errors.ts'
import type { SuiteHook } from '../../src/load/suites/hooks.ts'
import { hasOrphans, isForOthers, type Suite, suitesOf, untestedProblems } from '../../src/load/suites/parts.ts'
import { problemsOf } from '../document-problems.ts'
import { documentError } from '../failure/positioned-error.ts'
import { ours } from '../files.ts'
import type { ArazzoOptions } from '../options.ts'
import { isOneTested, neighboursOf } from './neighbours.ts'
import { quote, suiteModule } from './suite.ts'

/**
 * A document as a test file.
 *
 * @param isFaulty whether the plugin's configuration cannot be read.
 */
export async function testFileOf(
  file: string,
  options: ArazzoOptions,
  hooks: readonly SuiteHook[],
  all: () => Promise<readonly string[]>,
  isFaulty: boolean,
) {
  const { sources, severities } = options
  const { document, problems, files } = await readArazzo(file, { sources, severities })
  const ofDocument = document && (await problemsOf(document, options, hooks))
  const isReadable = document !== undefined && errorsAmong(ofDocument!.problems).length === 0
  const { suites, neighbours } = isReadable ? await suitesAmong(document, options, hooks, all) : NO_SUITES
  const areOthersTested = isForOthers(suites) && (await isOneTested(file, await all(), options, hooks))
  const untested = document === undefined ? [] : untestedProblems(document, suites, areOthersTested)
  const faults = ofDocument ? [...ofDocument.problems, ...untested] : problems
  const madeOf = [...files, ...neighbours, ...rowFilesOf(suites), ...(ofDocument?.files ?? [])]
  const errors = errorsAmong(faults)
  const runtime = ours('runtime.js')
  const generated =
    document && errors.length === 0
      ? suiteModule(document, suites, readFileSync(file, 'utf8'), runtime)
      : isFaulty
        ? unconfiguredModule(runtime)
        : brokenModule(file, errors)
  return { files: madeOf, warnings: document?.warnings ?? [], generated }
}

const NO_SUITES = { suites: [], neighbours: [] }

/**
 * The suites of a document. Other documents are asked about workflows that nothing in their own document gives inputs,
 * and if none of it is tested.
 */
async function suitesAmong(
  document: ArazzoDocument,
  { inputs, sources, severities }: ArazzoOptions,
  hooks: readonly SuiteHook[],
  all: () => Promise<readonly string[]>,
): Promise<{ suites: Suite[]; neighbours: string[] }> {
  const suites = suitesOf(document, inputs, [], hooks)
  if (!hasOrphans(suites) && suites.some(({ isTested }) => isTested)) return { suites, neighbours: [] }
  const neighbours = await neighboursOf(document.file, await all(), { sources, severities })
  return { suites: suitesOf(document, inputs, neighbours, hooks), neighbours: neighbours.map(({ file }) => file) }
}

function rowFilesOf(suites: readonly Suite[]): string[] {
  return suites.flatMap(({ options: { feed } }) => (typeof feed?.rows === 'string' ? feed.rows : []))
}

/**
 * A document that may be read by what the plugin's configuration says, and that cannot be read: a test which fails by
 * it.
 *
 * @param runtime absolute path of the runtime module.
 */
function unconfiguredModule(runtime: string): { code: string; map: null } {
  const imports = `import { test } from 'vitest'\nimport { settings } from ${quote(runtime)}\n`
  return { code: `${imports}test('configuration of vitest-arazzo', () => void settings())\n`, map: null }
}

/** A document that cannot run, as a test file: it throws one error that leads to every problem in the document. */
export function brokenModule(file: string, problems: readonly Problem[]): { code: string; map: null } {
  const { name, message, stack = '' } = documentError(file, problems)
  const parts = `{ name: ${quote(name)}, stack: ${quote(stack)} }`
  return { code: `throw Object.assign(new Error(${quote(message)}), ${parts})\n`, map: null }
}
