interface Case {
  /** File and suite, and the class of the error. */
  of: string
  title: string
  /** What to look at. */
  says: string
}

const workflow = (id: string, error = 'CriterionError') => `shop.arazzo.yaml > ${id}, ${error}`
const load = (name: string, error: string) => `shop.load.test.js > ${name}, ${error}`

/** Every failure of the gallery, in its order. */
export const cases: readonly Case[] = [
  {
    of: workflow('another-status'),
    title: 'Another status',
    says: 'The headline has both: what was expected, and what was received.',
  },
  {
    of: workflow('another-value'),
    title: 'Another value',
    says: 'The condition as it stands in the document, and the value that it met.',
  },
  {
    of: workflow('two-values'),
    title: 'Two values compared',
    says: 'If the condition names no value, both are shown.',
  },
  {
    of: workflow('a-fault-of-the-server'),
    title: 'A fault of the server',
    says: 'The plugin started the application: the last lines of its output are shown.',
  },
  {
    of: workflow('a-fault-of-another-server'),
    title: 'A fault of a server that is not ours',
    says: 'Its log is where it runs.',
  },
  {
    of: workflow('not-as-the-schema-has-it'),
    title: 'Not as the schema has it',
    says: 'A line for each mismatch, with its pointer and the place of the rule in the OpenAPI file.',
  },
  {
    of: workflow('not-documented'),
    title: 'A status that is not documented',
    says: 'The criteria are met; the OpenAPI description knows no such response.',
  },
  {
    of: workflow('too-short-a-list'),
    title: 'A list that is too short',
    says: 'The expression without a value, and the content of the list.',
  },
  {
    of: workflow('another-name'),
    title: 'A member of another name',
    says: 'The suggestion comes before the existing names.',
  },
  {
    of: workflow('nothing-to-carry-over', 'RequestError'),
    title: 'Nothing to carry over',
    says: 'An earlier step passed with an empty output; the message names its source and the content there.',
  },
  {
    of: workflow('no-response', 'TimeoutError'),
    title: 'No response in time',
    says: 'The request that was sent, and that nothing has come.',
  },
  { of: workflow('half-a-response', 'TimeoutError'), title: 'Half a response', says: 'How many bytes had come.' },
  {
    of: workflow('longer-than-the-test-may-take', 'TimeoutError'),
    title: 'Longer than the test may take',
    says: 'The step has no timeout of its own; that of the test has ended the run.',
  },
  {
    of: workflow('nobody-there', 'ConnectionError'),
    title: 'No listening process',
    says: 'No process listens at that address.',
  },
  {
    of: workflow('a-certificate-that-nobody-trusts', 'ProtocolError'),
    title: 'A certificate that is not trusted',
    says: 'The certificate, its fault, and how to trust it.',
  },
  { of: workflow('a-redirect'), title: 'A redirect', says: 'The target, and that redirects are not followed.' },
  {
    of: workflow('a-page-in-the-place-of-json'),
    title: 'A page in the place of JSON',
    says: 'HTML is named as such, with its title.',
  },
  {
    of: workflow('a-page-that-says-it-is-json', 'RequestError'),
    title: 'A page that says it is JSON',
    says: 'Also if its Content-Type says that it is JSON.',
  },
  { of: workflow('not-logged-in'), title: 'Not logged in', says: 'Advice about the credentials.' },
  {
    of: 'broken.arazzo.yaml, ArazzoError',
    title: 'Slips in a document',
    says: 'All of them at once, before anything is sent.',
  },
  {
    of: load('all fail', 'LoadError'),
    title: 'Under load: everything fails',
    says: 'One headline, a line for each cause, then the first request as evidence.',
  },
  {
    of: load('some fail', 'BudgetError'),
    title: 'Under load: too many errors',
    says: 'A line for each cause, with count, step, place and status; the frame is at the line of the budget.',
  },
  {
    of: load('too slow', 'BudgetError'),
    title: 'Under load: too slow',
    says: 'The slowest requests are the evidence. JUnit files have the message without it.',
  },
  {
    of: 'shop.arazzo.yaml > slow, BudgetError',
    title: 'Under load: a budget in a document',
    says: 'It leads to the line of the budget as well.',
  },
  {
    of: load('nobody there', 'LoadError'),
    title: 'Under load: no listening process',
    says: 'The load did not run; its budgets are skipped.',
  },
  {
    of: load('a host of others', 'LoadError'),
    title: 'Under load: a host that is not this machine',
    says: 'Refused before anything is sent, in the same form.',
  },
  {
    of: load('a target that is not there', 'LoadError'),
    title: 'Under load: a target that is not there',
    says: 'A measured target has to run.',
  },
  {
    of: 'slips.load.test.js, LoadOptionsError',
    title: 'Slips in a load test',
    says: 'All of them at once, at their lines; suggestions come before the existing names.',
  },
]
