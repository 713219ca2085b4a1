// Written by `npm run bench -- estimation --measure operation-model`: names the model that is shipped.

/** The model of the local platform as data; null before one was measured. */
export const SHIPPED_LOCAL: unknown = null
