/** The name of a document, in the text of a module. */
export const documentName = /\.arazzo\.(?:ya?ml|json)/

const whole = new RegExp(`${documentName.source}$`)

/** Whether a file is a document, by its name. */
export const isDocumentFile = (path: string): boolean => whole.test(path)
