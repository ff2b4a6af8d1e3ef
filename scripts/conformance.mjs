/**
 * Runs the conformance suite and makes docs/conformance.md of it: one row a rule, with the versions it holds for and
 * the test that shows it. Fails when a test fails, when a field of the specification has no row, or when a decision of
 * docs/decisions.md has no test.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const versions = ['1.0.1', '1.1.0']
const kinds = ['executed', 'read', 'refused']

/** In the order of the specification; others come last. */
const sections = [
  'Versions',
  'Format',
  'Arazzo Description Structure',
  'Data Types',
  'Parsing Documents',
  'Fragmentary Parsing',
  'Identity-Based Referencing',
  'Relative References in Arazzo Description URIs',
  'Establishing the Base URI',
  'Resolving URI Fragments',
  'Relative References in API URLs',
  'Arazzo Specification Object',
  'Info Object',
  'Source Description Object',
  'Workflow Object',
  'Step Object',
  'Step Dependencies and Execution Order',
  'Defining Success for Asynchronous Steps',
  'Parameter Object',
  'Success Action Object',
  'Failure Action Object',
  'Components Object',
  'Reusable Object',
  'Criterion Object',
  'Criterion Object: Literals',
  'Criterion Object: Operators',
  'Runtime Expressions in Conditions',
  'Condition Evaluation',
  'Expression Type Object',
  'Selector Object',
  'Request Body Object',
  'Payload Replacement Object',
  'Runtime Expressions',
  'Source Description Expression Resolution',
  'Specification Extensions',
  'Appendix B: Base URI Determination',
  'JSONPath (RFC 9535)',
  'HTTP and OpenAPI',
]

/** Runs the tests and returns their report. */
function runSuite() {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const output = join(folder, 'report.json')
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const args = [vitest, 'run', 'test/conformance', '--reporter=json', `--outputFile=${output}`]
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
    return { status, report: JSON.parse(readFileSync(output, 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One entry a rule: `{ section, kind, rule, level, decides, fields, file, versions: { '1.0.1': 'passed' } }`. */
function rulesOf(report) {
  const rules = new Map()
  for (const { name, assertionResults } of report.testResults) {
    for (const { meta, status, failureMessages } of assertionResults) {
      const row = meta?.conformance
      if (!row) continue
      const { section, kind, rule, level, decides, field = [], version } = row
      const key = JSON.stringify([section, kind, rule])
      const known = rules.get(key) ?? {
        section,
        kind,
        rule,
        level,
        decides,
        fields: [field].flat(),
        versions: {},
        failures: [],
      }
      rules.set(key, { ...known, file: relative(root, name), versions: { ...known.versions, [version]: status } })
      if (status !== 'passed') rules.get(key).failures.push(...failureMessages)
    }
  }
  return [...rules.values()]
}

const fieldsOfSpecification = () => JSON.parse(readFileSync(join(root, 'fixtures/conformance/fields.json'), 'utf8'))

/** `1.1.0 Step Object.timeout` for every field that no rule is about. */
function fieldsWithoutRule(rules, fields) {
  return versions.flatMap(version =>
    Object.entries(fields[version]).flatMap(([section, names]) =>
      names
        .filter(
          name => !rules.some(rule => rule.section === section && rule.versions[version] && rule.fields.includes(name)),
        )
        .map(name => `${version} ${section}.${name}`),
    ),
  )
}

const decisionsFile = join(root, 'docs/decisions.md')

/** Writes the index, and the tests of each decision about the specification. Returns the names of those decisions. */
function linkDecisions(rules) {
  const parts = readFileSync(decisionsFile, 'utf8').split(/^(?=<a id="|## )/m)
  const slugs = []
  const linked = parts.map(part => {
    const slug = /^<a id="([^"]+)">/.exec(part)?.[1]
    if (part.startsWith('## Index')) return `## Index\n\n${indexOf(parts)}\n\n`
    // Decisions about the engine have no rule. Some name their tests themselves.
    if (!slug || /^d\d+$/.test(slug) || /[^-] Test: /.test(part)) return part
    slugs.push(slug)
    const text = part.replaceAll(/^- Test: .*\n/gm, '').trimEnd()
    const files = new Set(rules.filter(rule => rule.decides === slug).map(rule => testLink(rule.file)))
    return `${text}\n\n${[...files].map(file => `- Test: ${file}`).join('\n')}\n\n`
  })
  writeFileSync(decisionsFile, `${linked.join('').trimEnd()}\n`)
  return slugs
}

/** Links to all decisions: a paragraph per section, in lines of at most 100 characters. */
function indexOf(parts) {
  const paragraphs = []
  for (const part of parts) {
    const [, slug, title] = /^<a id="([^"]+)"><\/a>\n### (.*)/.exec(part) ?? []
    const section = /^## (.*)/.exec(part)?.[1]
    if (section && section !== 'Index') paragraphs.push([`**${section}:**`])
    if (!slug) continue
    const lines = paragraphs.at(-1)
    const link = `[${title.replace('.', '')}](#${slug})`
    if (lines.length > 1 && lines.at(-1).length + link.length < 96) lines.push(`${lines.pop()} · ${link}`)
    else lines.push(link)
  }
  return paragraphs.map(lines => lines.join('\n')).join('\n\n')
}

const testLink = file => `[${file.replace(/^.*\//, '').replace('.test.ts', '')}](../${file})`

function table(rules) {
  const sections = [...new Set(rules.map(({ section }) => section))]
  const lines = []
  for (const section of sections) {
    lines.push(
      `### ${section}`,
      '',
      '| Rule | Fields | Level | Versions | How | Test |',
      '| --- | --- | --- | --- | --- | --- |',
    )
    for (const rule of rules.filter(one => one.section === section)) lines.push(line(rule))
    lines.push('')
  }
  return lines
}

function line({ rule, fields, level, decides, kind, versions: of, file }) {
  const text = decides ? `${cell(rule)} ([decision](decisions.md#${decides}))` : cell(rule)
  const names = fields.map(name => `\`${name}\``).join(', ')
  const marks = versions
    .filter(version => of[version])
    .map(version => (of[version] === 'passed' ? version : `**${version} fails**`))
  return `| ${text} | ${names} | ${level ?? ''} | ${marks.join(', ')} | ${kind} | ${testLink(file)} |`
}

const cell = text => text.replaceAll('|', '\\|')

function summary(rules) {
  const count = (version, kind) => rules.filter(rule => rule.versions[version] && (!kind || rule.kind === kind)).length
  const row = version => `| ${version} | ${[...kinds, undefined].map(kind => count(version, kind)).join(' | ')} |`
  return [`| Version | ${kinds.join(' | ')} | all |`, '| --- | --- | --- | --- | --- |', ...versions.map(row)]
}

const { status, report } = runSuite()
const place = ({ section }) => sections.indexOf(section) + 1 || sections.length + 1
const rules = rulesOf(report).sort((a, b) => place(a) - place(b))
const missing = fieldsWithoutRule(rules, fieldsOfSpecification())
const decisions = linkDecisions(rules)
const tested = new Set(rules.flatMap(({ decides }) => decides ?? []))

const page = [
  '# Conformance',
  '',
  'Requirements of the Arazzo Specification 1.0.1 and 1.1.0 for a runner, with their tests. `npm run conformance` writes this page',
  'from the tests: each row is a test that runs once per version.',
  '',
  '- **executed**: a workflow is run, through the public API, against a real server.',
  '- **read**: a document is read, and the result is checked.',
  '- **refused**: a document is not accepted, and a problem says why.',
  '',
  'A level is the keyword of the text (MUST, SHALL, SHOULD). If the text leaves something open, the row links to the',
  '[decision](decisions.md). Statements that concern only authors or prose have no row: recommended file names, CommonMark,',
  'preferences of descriptions, and media types.',
  '',
  ...summary(rules),
  '',
  ...table(rules),
].join('\n')

writeFileSync(join(root, 'docs/conformance.md'), page)
console.log(page)

const faults = [
  ...rules.flatMap(({ section, rule, failures }) => failures.map(text => `${section}: ${rule}\n${text}`)),
  ...missing.map(field => `No rule is about ${field}`),
  ...decisions.filter(slug => !tested.has(slug)).map(slug => `No test holds the decision "${slug}"`),
  ...[...tested].filter(slug => !decisions.includes(slug)).map(slug => `docs/decisions.md has no decision "${slug}"`),
]
if (faults.length > 0) console.error(`\n${faults.join('\n')}`)
process.exit(faults.length > 0 || status !== 0 ? 1 : 0)
