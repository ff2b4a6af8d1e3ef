/**
 * Reads wanted values straight from the bytes of a JSON document, without building its tree.
 *
 *     const selection = selectPointers([parsePointer('/token'), parsePointer('/user/id')])   // once a step
 *     const reader = new JsonReader()                                     // one for each response in flight
 *
 *     reader.read(selection, bytes, from, to)      // the whole document in one place: the fast way
 *       ? use(reader.values[0], reader.values[1])
 *       : fail(reader.fault, reader.errorOffset)
 *
 *     reader.begin(selection)                      // or as it arrives
 *     reader.feed(chunk, from, to)                 // every chunk; once nothing more is wanted that costs nothing
 *     reader.end()                                 // true: values are there; false: `fault`
 *
 * The rules:
 * - `values[i]` belongs to `selection.pointers[i]`; a missing member is `undefined`. The array belongs to the reader
 *   and is overwritten by the next `read` or `begin`; the values in it are the caller's.
 * - Nothing of `bytes` is kept after a call returns: what is unfinished is copied. `from` and `to` are places in
 *   `bytes`, which may be a shared buffer with more around it.
 * - One reader reads one document at a time, `begin` may come at any time, and readers may share a selection. A
 *   document in one place needs only one reader a thread.
 * - Values are those of `parseJson` (of `JSON.parse`, but that integers keep their digits) of the bytes as UTF-8 (a byte
 *   order mark is passed over), looked up by `getAt`:
 *   the last of duplicate names wins, lone surrogates and bytes that are not UTF-8 come out the same.
 * - What is read is checked as `JSON.parse` would, also what is passed over. What becomes of the bytes behind the last
 *   wanted value is the selection's `rest`. With `check` all is read, and equal to `JSON.parse` on all inputs. Else
 *   reading stops (50 times faster and more where what is wanted comes early), and two things go unseen: a name that comes again
 *   further on, and a fault there; but not that the document was cut off, since its last byte must close what its first opened.
 *   `sample`, the default, stops only where experience allows it: short documents (up to 1 KiB), the first of a selection, and every
 *   64th are read to the end, and once the rest of one has made a difference, all are. What a server always does is so
 *   never missed.
 * - It reads JSON in UTF-8 only: the caller looks at Content-Type, Content-Encoding and empty bodies first (an empty
 *   document is a fault, as for `JSON.parse`).
 * - `fault` is a whole sentence (`Failed to read the body as JSON: ...`), made when asked for; `errorOffset` counts
 *   bytes from the document's start.
 * - Held at most: `limit` bytes of unfinished values; past it the document is a fault. A document read in one place
 *   holds nothing.
 */
export { JsonReader, type JsonReaderOptions } from './reader.ts'
export { type Rest, type Selection, selectPointers } from './selection.ts'
