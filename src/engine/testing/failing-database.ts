import type { DatabaseSync } from "node:sqlite"

/** SQLite's extended result codes of a disk that fails, https://sqlite.org/rescode.html */
export const DISK_FAULTS = {
  full: { errcode: 13, message: "database or disk is full" },
  fsync: { errcode: 1034, message: "disk I/O error" },
  readOnly: { errcode: 8, message: "attempt to write a readonly database" },
} as const

export interface DiskFault {
  /** The commit that fails, from 1; later ones fail as well. */
  readonly commit: number
  readonly kind: keyof typeof DISK_FAULTS
  /** Whether its rows are in the file all the same, as after a failed fsync they may be. */
  readonly isWritten: boolean
}

/** A database whose commits fail from some point on. `began` counts the transactions that were tried after the first failure. */
export function failingDatabase(
  db: DatabaseSync,
  fault: DiskFault,
): { readonly db: DatabaseSync; readonly began: () => number } {
  let commits = 0
  let began = 0
  const fail = (): never => {
    const { errcode, message } = DISK_FAULTS[fault.kind]
    throw Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode })
  }
  const commit = (really: () => unknown): unknown => {
    if (++commits < fault.commit) return really()
    if (commits === fault.commit && fault.isWritten) really()
    return fail()
  }
  const prepare = (sql: string): object => {
    const statement = db.prepare(sql)
    if (sql === "commit") return { run: () => commit(() => statement.run()) }
    if (sql !== "begin immediate") return statement
    return {
      run: () => {
        if (commits >= fault.commit) began++
        return statement.run()
      },
    }
  }
  const wrapped = new Proxy(db, {
    get: (target, name) => {
      if (name === "prepare") return prepare
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === "function" ? (value.bind(target) as unknown) : value
    },
  })
  return { db: wrapped, began: () => began }
}
