/** Milliseconds, fractions allowed. */
export type Milliseconds = number
/** Events a second. */
export type PerSecond = number
/** Bytes; `MB` in text means 1,000,000 bytes and `MiB` 1,048,576. */
export type Bytes = number
/** A share of one: 0.001 is 0.1 %. */
export type Share = number
