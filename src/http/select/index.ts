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
 * - Values are those of `parseJson` (of `JSON.parse`, but that integers keep their digits) of the bytes as UTF-8 (a
 *   byte order mark is passed over), looked up by `getAt`: the last of duplicate names wins, and lone surrogates come
 *   out the same.
 * - The `Nodes` of a JSONPath may be there instead of the value that it searches (`Pointer.chain`): they are what the
 *   query finds (`chain.ts` of the expressions says why).
 * - What is read is checked as `JSON.parse` would, and to be UTF-8 (RFC 8259, 8.1), also what is passed over.
 *   Documents are read to their end, and then equal to `JSON.parse` on all inputs of UTF-8.
 *   Left out is only what the thread cannot spend on it (`rest.ts`): of documents of more than 64 KiB that come so
 *   fast that it would cost more than 2.5 % of its time, only so many are checked in full. In the others containers of
 *   which nothing is wanted are passed over by their brackets, and what is longer behind the last wanted value is not
 *   read. Two things go unseen there: a fault, behind which a value may also be another's, and a name that comes again
 *   behind all that is wanted. That the document was cut off is seen where its last byte does not close what its first
 *   opened. How many there were is counted. Once one had a fault, all of that selection are checked. A fault that shows
 *   in such a document may have one before it, which its words say.
 * - It reads JSON in UTF-8 only: the caller looks at Content-Type, Content-Encoding and empty bodies first (an empty
 *   document is a fault, as for `JSON.parse`).
 * - `fault` is made when asked for; `errorOffset` counts bytes from the document's start.
 * - Held at most: `limit` bytes of unfinished values; past it the document is a fault. A document read in one place
 *   holds nothing.
 */
export { JsonReader } from './reader.ts'
export { RemainingPaths, SHORT_DOCUMENT, threadRests } from './rest.ts'
export { lendBuffer } from './scan.ts'
export { type Selection, selectPointers } from './selection.ts'
