/** Names the store of a function, as the URL that `openStore` takes. Set it when you deploy. */
export const STORE_VARIABLE = "TRIMTAB_STORE"

/** Set for worker processes of an instance; the entry then runs as one. */
export const WORKER_VARIABLE = "TRIMTAB_WORKER"

/** `host:port` of the Runtime API: set by AWS Lambda and by the local platform. */
export const RUNTIME_API_VARIABLE = "AWS_LAMBDA_RUNTIME_API"
