import { plain, plainLines } from '../../src/ground/plain.ts'
import { assertAllowed } from '../../src/load/plan/hosts.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { aReport, aStep } from '../builders/report.ts'
import type { Random } from '../http/differential/random.ts'
import type { Kind } from './kind.ts'

export const hostileWords = [
  ...[
    '\x1b[2J',
    '\x1b]0;title\x07',
    '\x9b31m',
    '\x07',
    '\0',
    '\r',
    '\n::error::x',
    '::set-output name=a::b',
    '##[group]',
  ],
  ...[
    '\u2028',
    '\u202e',
    '\u2066',
    '<script>alert(1)</script>',
    '|',
    '`',
    '](javascript:x)',
    '![x](http://y)',
    '\u0085',
  ],
  ...['name', ' ', 'é', '😀', '\ud800', '__proto__', '$(rm)', '%0a', '\t', '\x7f'],
]

const nameOf = (random: Random) => Array.from({ length: 1 + random.below(6) }, () => random.of(hostileWords)).join('')

const CONTROLS = /[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
const COMMAND = /^\s*(?:::[a-z-]+(?: [^\n]*)?::|##\[)/im

/** Names of strangers in tables and summaries move no cursor and command no log. */
export const names: Kind = {
  name: 'names',
  quick: 60,
  whole: 2_000,
  async attack(random) {
    const [name, step, message] = [nameOf(random), nameOf(random), nameOf(random)]
    const report = aReport({
      steps: { [step]: aStep() },
      errors: [{ step, kind: 'criterion', message, count: 3, exemplars: [] }],
      warnings: [message],
    })
    const texts = {
      line: plain(name),
      lines: plainLines(name),
      table: renderLoadReport(report, { name, color: false, verbose: true }),
      markdown: renderMarkdown([{ name, report }]),
    }
    for (const [where, text] of Object.entries(texts)) {
      if (CONTROLS.test(text)) return `a control in the ${where} of ${JSON.stringify([name, step, message])}`
      if (COMMAND.test(text)) return `a command in the ${where} of ${JSON.stringify([name, step, message])}`
    }
    return texts.line.includes('\n') ? `two lines of ${JSON.stringify(name)}` : undefined
  },
}

const encodings: ((text: string) => string)[] = [
  text => text,
  encodeURIComponent,
  text => encodeURIComponent(text).replaceAll(/%../g, code => code.toLowerCase()),
  text => new URLSearchParams([['', text]]).toString().slice(1),
  text => JSON.stringify(text),
  text => Buffer.from(text).toString('base64'),
  text => Buffer.from(text).toString('hex'),
  text => [...text].map(letter => `&#${letter.codePointAt(0)};`).join(''),
]

const letters = [...'abcXYZ0123456789-_.~/+=&%<>"\' \\!*()ü€']

/** Of a secret, no ten characters in a row are in what is shown, however it was written; what is around it stays. */
export const secrets: Kind = {
  name: 'secrets',
  quick: 400,
  whole: 20_000,
  async attack(random) {
    const wordOf = (length: number) => Array.from({ length }, () => random.of(letters)).join('')
    const secret = `q${wordOf(3 + random.below(40))}`
    const masking = new Secrets()
    masking.add(secret)
    for (let others = random.below(8); others > 0; others--) masking.add(`j${wordOf(3 + random.below(12))}`)
    const [inner, outer] = [random.of(encodings), random.of(encodings)]
    const written = outer(inner(secret))
    const shown = masking.mask(`before ${written} after`)
    const windows =
      secret.length < 10 ? [secret] : Array.from({ length: secret.length - 9 }, (_, at) => secret.slice(at, at + 10))
    if (windows.some(window => shown.includes(window)))
      return `${JSON.stringify(secret)} is in ${JSON.stringify(shown)}`
    if (!shown.startsWith('before ') || !shown.endsWith(' after'))
      return `more than ${JSON.stringify(secret)} is gone: ${shown}`
    return shown.includes(written) && secret.length >= 10 ? `${JSON.stringify(written)} is shown` : undefined
  },
}

const foreign = [
  ...[
    'example.com',
    '8.8.8.8',
    '134744072',
    '0x8.8.8.8',
    '010.8.8.8',
    '[2001:db8::1]',
    '[::ffff:8.8.8.8]',
    '0.0.0.0',
    '[::]',
  ],
  ...[
    'localhost.example.com',
    '127.0.0.1.nip.io',
    '127.0.0.1@example.com',
    'localhost:80@example.com',
    'example.com#localhost',
  ],
  ...[
    'example.com?127.0.0.1',
    'example.com\\@127.0.0.1',
    '１２８.0.0.1',
    'localhost%2eexample.com',
    '169.254.169.254',
    '[fe80::1]',
  ],
  ...['10.0.0.1', '192.168.0.1', '126.255.255.255', '128.0.0.1', '[::2]', 'localhost.', 'exämple.com'],
]

/** Load goes to no other machine, however its name is written. */
export const hosts: Kind = {
  name: 'hosts',
  quick: foreign.length * 4,
  whole: foreign.length * 40,
  async attack(random, index) {
    const host = foreign[index % foreign.length]!
    const written = [...host].map(letter => (random.chance(0.3) ? letter.toUpperCase() : letter)).join('')
    const url = `${random.of(['http', 'https', 'HTTP'])}://${written}/`
    if (!URL.canParse(url)) return undefined
    // Where names lead is not this machine's to say here.
    const elsewhere = async () => [{ address: random.of(['8.8.8.8', '10.1.2.3', '2001:db8::1']) }]
    const refused = await assertAllowed([{ url, verb: 'load' }], [], elsewhere).then(
      () => false,
      (error: Error) => error.message.includes('not this machine'),
    )
    return refused ? undefined : `${url} is let through`
  },
}
