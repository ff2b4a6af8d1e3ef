import { assertNoFaults, fieldsOf, keysOf } from '../ground/fields.ts'
import type { TableOptions } from './table.ts'
import type { WorkflowReportOptions } from './workflow.ts'

const KEYS = keysOf<TableOptions & WorkflowReportOptions>({
  name: true,
  color: true,
  width: true,
  history: true,
  verbose: true,
})

/** Throws a TypeError with all that is wrong with how a report is to be shown. */
export function assertRenderOptions(options: TableOptions | WorkflowReportOptions): void {
  const fields = fieldsOf(options, 'Write an object: { width: 100 }.')
  fields.checkKeys(KEYS)
  fields.expect('name', value => typeof value === 'string', 'Write text.')
  fields.flag('color')
  fields.flag('verbose')
  fields.expect('width', value => typeof value === 'number', 'Write a number of columns.')
  assertNoFaults(fields.faults)
}
