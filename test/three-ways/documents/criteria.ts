import { type Case, main } from '../case.ts'
import type { Said } from '../server.ts'

const typed = (type: string, body: string): Said => ({ headers: [['Content-Type', type]], body })

const responses = {
  JSON: { json: { n: 5, text: 'Rex', list: [1, 2], none: null, yes: true, deep: { a: [{ b: 'c' }] } } },
  XML: typed('application/xml', '<pets><pet age="3">Rex</pet><pet age="7"/></pets>'),
  text: typed('text/plain', 'all is well'),
  nothing: { status: 204 },
  'broken JSON': typed('application/json', '{"n":5,}'),
} satisfies Record<string, Said>

const conditions = [
  'condition: $response.body#/n >= 5 && $response.body#/n < 6',
  "condition: $response.body#/text == 'rex'",
  "condition: $response.body#/text != 'Max' || $response.body#/n == '5'",
  'condition: $response.body#/none == null',
  'condition: "!($statusCode != 200) && $response.body#/yes == true"',
  'condition: "$response.body.list[1] == 2"',
  'condition: $response.header.content-type == "application/json"',
  'condition: $response.body#/deep/a/0/b == "c"',
  'context: $statusCode, type: regex, condition: ^20\\d$',
  'context: $response.body, type: regex, condition: is well$',
  'context: $response.body#/text, type: regex, condition: ^R',
  'context: $response.body, type: jsonpath, condition: "$.list[?@ > 1]"',
  'context: $response.body, type: jsonpath, condition: "$[?count(@.list) > 0]"',
  'context: $response.body, type: jsonpath, condition: "$..b"',
  'context: $response.body, type: xpath, condition: "/pets/pet[@age > 2]"',
  'context: $response.body, condition: "count(//pet) = 2", type: { type: xpath, version: xpath-10 }',
]

/** Which of the criteria above are met, by the kind of the response. */
const met: Record<keyof typeof responses, readonly number[]> = {
  JSON: [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13],
  XML: [8, 14, 15],
  text: [8, 9],
  nothing: [2, 3, 8],
  // Criteria 6 and 8 do not read it; it has to be JSON all the same.
  'broken JSON': [],
}

export const criteria: Case[] = Object.entries(responses).flatMap(([kind, said]) =>
  conditions.map(
    (criterion, n): Case => ({
      name: `${criterion} (${kind})`,
      workflows: main(`stepId: a, operationId: a, successCriteria: [{ ${criterion} }]`),
      script: { '/a': [said] },
      state: met[kind as keyof typeof responses].includes(n) ? 'passed' : 'failed',
      iterations: 2,
    }),
  ),
)
