/** Headers of `invocation/next`, by lower-case name. */
export type Headers = ReadonlyMap<string, string>

/** The context object that the Node runtime of AWS hands to handlers, from the headers and the environment. */
export function lambdaContextOf(headers: Headers, deadlineMs: number): Record<string, unknown> {
  const { env } = process
  const json = (name: string): unknown => {
    const text = headers.get(name)
    return text === undefined || text === "" ? undefined : JSON.parse(text)
  }
  return {
    awsRequestId: headers.get("lambda-runtime-aws-request-id"),
    invokedFunctionArn: headers.get("lambda-runtime-invoked-function-arn"),
    clientContext: json("lambda-runtime-client-context"),
    identity: json("lambda-runtime-cognito-identity"),
    functionName: env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: env["AWS_LAMBDA_FUNCTION_VERSION"],
    memoryLimitInMB: env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    logGroupName: env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: env["AWS_LAMBDA_LOG_STREAM_NAME"],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  }
}
