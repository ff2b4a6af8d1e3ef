/** What to write in another language, where whoever reads the text knows no better. */
export const HINTS = {
  regex: 'Write one such as `^2\\d{2}$`, with `\\` before characters that stand for themselves.',
  jsonpath: 'Write one such as `$.items[?@.price > 10]`; the older dialect is `draft-goessner-dispatch-jsonpath-00`.',
  xpath: 'Write one such as `//item[@price > 10]`.',
}
