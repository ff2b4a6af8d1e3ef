/** Lines that a reader of stacks takes for places in code: `at pay (app.js:3:7)`, `pay@app.js:3:7`. */
const V8_PLACE = /^([^\S\n]*)at (?=.*(?:\S:\d|\(native\)))/gm
const GECKO_PLACE = /@.*:\d+[^\S\n]*$/gm

/**
 * Stack of an error that has places of its own, or none. Logs and bodies in its message may hold lines of other stacks,
 * and Vitest would show these as places in the project: they are marked.
 */
export function stackOf(name: string, message: string, frames: Iterable<string> = []): string {
  const text = message.replaceAll(V8_PLACE, '$1| at ').replaceAll(GECKO_PLACE, '$& |')
  return [`${name}: ${text}`, ...frames].join('\n')
}
