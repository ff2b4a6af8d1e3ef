// Next tokens that a reader expects, in containers with wanted values.

// Space may come before what these look for.
export const VALUE = 0
export const FIRST_ITEM = 1
export const FIRST_KEY = 2
export const KEY = 3
export const AFTER_KEY = 4
export const AFTER_VALUE = 5
export const TAIL = 6
// Here it may not.
export const START = 7
export const IN_VALUE = 8
export const IN_KEY = 9
export const IN_REST_OF_ARRAY = 10
export const STOPPED = 11
