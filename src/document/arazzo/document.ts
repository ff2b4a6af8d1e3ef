import { given } from '../../ground/given.ts'
import { checkInputSchema } from '../check/input-schema.ts'
import { placeOfValue } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedDocument, LoadedSource, Reading } from '../loaded/loaded.ts'
import type { ArazzoDocument, Source, Workflow } from '../model.ts'
import { isRaw, member, object, type Raw, text } from '../raw.ts'
import { readAction } from './action.ts'
import { readExtensions } from './extension.ts'
import { readParameter } from './parameter.ts'
import { readWorkflow } from './workflow.ts'

/** A document being made: other documents may hold it before it is complete. */
type Making = { -readonly [K in keyof ArazzoDocument]: ArazzoDocument[K] }

/** Reads a loaded document and reports whatever is wrong in it. `register` gets the document before it is complete. */
export function buildDocument(loaded: LoadedDocument, reading: Reading, register: (document: Making) => void): Making {
  const { root, file, version } = loaded
  const self = text(root, '$self')
  const document: Making = given({
    file,
    version,
    self,
    info: readInfo(object(root, 'info')),
    sources: {},
    workflows: [],
    extensions: readExtensions(root),
    files: reading.files.asked,
    warnings: [],
  })
  register(document)
  document.sources = readSources(loaded, reading)
  document.workflows = loaded.allWorkflows.map((workflow): Workflow => readWorkflow(workflow, reading))
  checkComponents(loaded, reading)
  return document
}

function readInfo(info: Raw | undefined): ArazzoDocument['info'] {
  const [summary, description] = [text(info, 'summary'), text(info, 'description')]
  return given({ title: text(info, 'title') ?? '', version: text(info, 'version') ?? '', summary, description })
}

function readSources(loaded: LoadedDocument, reading: Reading): Record<string, Source> {
  const sources = [...loaded.sources.values()].flatMap(source => readSource(source, reading) ?? [])
  return Object.fromEntries(sources.map(source => [source.name, source]))
}

function readSource(source: LoadedSource, reading: Reading): Source | undefined {
  const { name, raw } = source
  const extensions = Object.fromEntries(Object.entries(raw).filter(([field]) => field.startsWith('x-')))
  const shared = { name, url: text(raw, 'url') ?? '', at: placeOfValue(raw, 'name'), extensions }
  switch (source.type) {
    case 'openapi':
      return { ...shared, type: 'openapi', openapi: source.api.description }
    case 'arazzo':
      return { ...shared, type: 'arazzo', arazzo: reading.built(source.document) }
    case 'asyncapi':
      return { ...shared, type: 'asyncapi', asyncapi: source.asyncapi.description }
    case 'broken':
      return undefined
  }
}

/** Reads components that nobody may use, for what is wrong in them wherever they are used. */
function checkComponents(loaded: LoadedDocument, reading: Reading): void {
  const components = object(loaded.root, 'components')
  const context: Context = { document: loaded, moment: 'after' }
  const each = (type: string, read: (raw: Raw, of: string) => void) => {
    for (const [name, raw] of Object.entries(object(components, type) ?? {})) {
      if (isRaw(raw) && member(raw, 'name') !== undefined) read(raw, `\`components.${type}.${name}\``)
    }
  }
  for (const [name, schema] of Object.entries(object(components, 'inputs') ?? {}))
    checkInputSchema(schema, `\`components.inputs.${name}\``, reading)
  each('parameters', (raw, of) => readParameter(raw, of, 'component', context, reading))
  each('successActions', (raw, of) => readAction(raw, 'successActions', of, context, reading))
  each('failureActions', (raw, of) => readAction(raw, 'failureActions', of, context, reading))
}
