/** Imports of generated modules. Internal: names may change with any release. */

export { settings } from './settings.ts'
export { openDocument } from './workflow-suite.ts'
