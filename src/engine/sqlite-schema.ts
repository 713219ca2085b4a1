import type { DatabaseSync } from "node:sqlite"
import { TrimtabError } from "../base/errors.ts"

/** "Trim": marks the file as ours, in SQLite's application_id. */
const APPLICATION_ID = 0x5472696d

/** Version of the tables, in SQLite's user_version. The meaning of the values has a version of its own. */
const SCHEMA_VERSION = 1

/**
 * Rows are only ever appended at the end of their table, and runs are numbered: the pages that a commit touches are
 * few and lie together, however many runs are under way. The index over (run_no, seq) also lets the check of the file
 * notice a row that is gone.
 */
const TABLES = `
create table definition(hash text primary key, workflow text not null) strict, without rowid;
create table run(
  run_no integer primary key, run_id text not null unique, request_key text, workflow_hash text not null,
  workflow_name text not null, engine_format integer not null, status text not null, input text not null,
  input_kind text not null, goal text not null, code_hashes text not null, accepted_at_ms real not null,
  crc integer not null, finished_at_ms real, result text, end_crc integer
) strict;
create unique index run_by_request on run(request_key) where request_key is not null;
create index run_open on run(status) where status = 'running';
create table entry(
  id integer primary key, run_no integer not null, seq integer not null, key text not null, kind text not null,
  at_ms real not null, value text not null, crc integer not null
) strict;
create unique index entry_by_run on entry(run_no, seq);
create table lease(id integer primary key check (id = 1), epoch integer not null, owner text not null, until_ms real not null) strict;
insert into lease values (1, 0, '', 0);
`

/** Above this size the whole file is not checked at every opening: CRCs still guard what is read. */
const CHECK_LIMIT_BYTES = 256 * 1024 * 1024

/**
 * Makes the tables in an empty file, or checks that the file is a journal that this engine can go on with.
 * @throws TrimtabError `journal-corrupt`, or `unsupported` for a journal of a newer version, which stays as it is
 */
export function prepareSchema(db: DatabaseSync, path: string): void {
  const version = pragma(db, "user_version")
  if (version > SCHEMA_VERSION)
    throw new TrimtabError("unsupported", `journal ${path} was written by a newer Trimtab (format ${version})`, {
      where: path,
      fix: "use that version, or another journal; nothing was changed",
    })
  const empty = pragma(db, "page_count") === 0
  if (!empty && pragma(db, "application_id") !== APPLICATION_ID) throw foreign(path)
  db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0")
  if (empty) createTables(db)
  else if (pragma(db, "page_count") * pragma(db, "page_size") <= CHECK_LIMIT_BYTES) checkFile(db, path)
}

function createTables(db: DatabaseSync): void {
  // Two processes may meet here: the second finds the tables made.
  db.exec("begin immediate")
  if (pragma(db, "user_version") === 0)
    db.exec(`${TABLES} pragma application_id = ${APPLICATION_ID}; pragma user_version = ${SCHEMA_VERSION};`)
  db.exec("commit")
}

function checkFile(db: DatabaseSync, path: string): void {
  const row = db.prepare("pragma integrity_check(1)").get()
  const verdict = row?.["integrity_check"]
  if (verdict === "ok") return
  throw new TrimtabError("journal-corrupt", `journal ${path}: the file is damaged (${String(verdict)})`, {
    where: path,
    fix: "move the file and its -wal and -shm neighbours aside and start again; runs that had not ended must be started anew",
  })
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0] ?? 0)
}

function foreign(path: string): TrimtabError {
  return new TrimtabError("journal-corrupt", `journal ${path}: the file is not a journal of Trimtab`, {
    where: path,
    fix: "name another file, or move this one aside",
  })
}
