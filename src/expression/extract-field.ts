/** The extension of a Selector Object that takes a part of the text which is selected. */
export const EXTRACT_FIELD = 'x-extract'
