/** Imports of generated modules. Internal: names may change with any release. */
export { openDocument } from './document-suite.ts'
export { settings } from './settings.ts'
