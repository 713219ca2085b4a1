import { functionArn, type FunctionEntry, type FunctionVersion } from "../function-table.ts"

/** FunctionConfiguration of the AWS Lambda API. */
export function showConfiguration(version: FunctionVersion, qualifier?: string): Record<string, unknown> {
  return {
    FunctionName: version.functionName,
    FunctionArn: functionArn(version.functionName, version.version === "$LATEST" ? qualifier : version.version),
    Runtime: version.runtime,
    Role: version.role,
    Handler: version.handler,
    CodeSize: version.codeBytes,
    CodeSha256: version.codeSha256,
    Description: version.description,
    Timeout: Math.ceil(version.timeoutMs / 1000),
    MemorySize: version.memoryMB,
    LastModified: version.lastModified,
    Version: version.version,
    RevisionId: version.revisionId,
    Environment: { Variables: version.environment },
    PackageType: "Zip",
    Architectures: [process.arch === "arm64" ? "arm64" : "x86_64"],
    State: "Active",
    LastUpdateStatus: "Successful",
  }
}

/** AliasConfiguration of the AWS Lambda API. */
export function aliasBody(entry: FunctionEntry, name: string): Record<string, unknown> {
  return {
    AliasArn: functionArn(entry.name, name),
    Name: name,
    FunctionVersion: entry.aliases[name],
    Description: "",
    RevisionId: `${entry.aliases[name]}-${name}`,
  }
}

/** One page of a list by Marker and MaxItems. */
export function page<T>(items: readonly T[], query: URLSearchParams): { items: readonly T[]; NextMarker?: string } {
  const start = Math.max(0, Number(query.get("Marker") ?? 0) || 0)
  const count = Math.min(10_000, Math.max(1, Number(query.get("MaxItems") ?? 50) || 50))
  const end = start + count
  return { items: items.slice(start, end), ...(end < items.length && { NextMarker: String(end) }) }
}
