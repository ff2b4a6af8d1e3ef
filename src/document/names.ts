/** The name of a document, in the text of a module. */
export const documentName = /\.arazzo\.(?:ya?ml|json)/
