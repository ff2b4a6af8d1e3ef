import { given } from '../../ground/given.ts'
import { placeInside } from '../file/source-file.ts'
import type { LoadedDocument, LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { qualifiedName, sourceNamed } from '../loaded/source-reference.ts'
import type { Finding } from '../problems.ts'
import { list, texts } from '../raw.ts'
import { suggest } from '../suggest.ts'

/**
 * The steps of the same workflow that a step waits for. A step of another workflow has been completed when that
 * workflow has run before: as a prerequisite of this one, or in a step of it. Otherwise nothing would ever run it, for
 * "dependsOn does not trigger execution".
 */
export function localDependencies(step: LoadedStep, workflow: LoadedWorkflow, reading: Reading): string[] {
  if (workflow.document.version === '1.0') return []
  const written = list(step.raw, 'dependsOn')
  return written.flatMap((reference, index) => {
    if (typeof reference !== 'string') return []
    const at = placeInside(written, index, 0)
    const report = (finding: Omit<Finding, 'at' | 'failed'>) =>
      reading.problems.add({ at, failed: `read what step "${step.stepId}" depends on`, ...finding })
    const foreign = parse(reference, workflow.document)
    if (foreign) {
      checkForeign(foreign, workflow, report)
      return []
    }
    if (workflow.steps.has(reference)) return [reference]
    const found = `workflow "${workflow.workflowId}" has no step "${reference}"`
    report({ code: 'undefined-step', found, hint: suggest(reference, workflow.steps.keys(), 'steps'), firm: true })
    return []
  })
}

interface Foreign {
  readonly source?: string
  readonly workflowId: string
  readonly stepId: string
}

/** `$workflows.<workflowId>.steps.<stepId>` and `$sourceDescriptions.<name>.<workflowId>.steps.<stepId>`. */
function parse(written: string, document: LoadedDocument): Foreign | undefined {
  const name = qualifiedName(written, document)
  const reference = name ? `$workflows.${name.reference}` : written
  const found = /^\$workflows\.([^.]+)\.steps\.([^.]+)$/.exec(reference)
  if (!found) return undefined
  return given({ source: name?.source, workflowId: found[1]!, stepId: found[2]! })
}

function checkForeign(
  { source, workflowId, stepId }: Foreign,
  workflow: LoadedWorkflow,
  report: (finding: Omit<Finding, 'at' | 'failed'>) => void,
): void {
  const home = source === undefined ? workflow.document : documentOf(source, workflow.document)
  if (!home) {
    if (workflow.document.sources.get(source!)?.type === 'broken') return
    const found = `the document has no Arazzo source "${source}"`
    const names = [...workflow.document.sources.values()]
      .filter(({ type }) => type === 'arazzo')
      .map(({ name }) => name)
    return report({ code: 'undefined-source', found, hint: suggest(source!, names, 'Arazzo sources') })
  }
  const target = home.workflows.get(workflowId)
  if (!target) {
    const found = `there is no workflow "${workflowId}"`
    return report({ code: 'undefined-workflow', found, hint: suggest(workflowId, home.workflows.keys(), 'workflows') })
  }
  if (!target.steps.has(stepId)) {
    const found = `workflow "${workflowId}" has no step "${stepId}"`
    return report({ code: 'undefined-step', found, hint: suggest(stepId, target.steps.keys(), 'steps') })
  }
  const name = source === undefined ? workflowId : `$sourceDescriptions.${source}.${workflowId}`
  const runs = [...texts(workflow.raw, 'dependsOn'), ...[...workflow.steps.values()].map(({ raw }) => raw.workflowId)]
  if (runs.includes(name)) return
  report({
    code: 'unmet-depends-on',
    found: `nothing runs workflow "${workflowId}" before`,
    hint: `Add ${name} to the \`dependsOn\` of workflow "${workflow.workflowId}".`,
  })
}

function documentOf(name: string, document: LoadedDocument): LoadedDocument | undefined {
  const source = sourceNamed(name, document, () => {})
  return source?.type === 'arazzo' ? source.document : undefined
}
