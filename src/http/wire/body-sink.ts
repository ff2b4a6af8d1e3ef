/** Takes the bytes of a body, piece by piece. They are the reader's: valid during the call to `read`. */
export interface BodySink {
  /** Status of the response whose body begins. */
  status: number
  /** A body begins, of so many bytes; -1 where that is not known. */
  begin(length: number): void
  /** False refuses the body. */
  take(bytes: Buffer, from: number, to: number): boolean
}

export type Progress = 'more' | 'done' | 'fault'

/** Names and values of a header together; undici's limit, which is Node's. */
export const MOST_HEADER = 16_384
