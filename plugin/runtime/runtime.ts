/** What generated modules import. Internal: its names may change with any release. */
export { openDocument } from './document-suite.ts'
export { settings } from './settings.ts'
