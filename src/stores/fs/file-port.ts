import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rmdir,
  unlink,
  writeFile,
} from "node:fs/promises"

/** The calls of the file system that stores make: a seam where tests inject a full or failing disk. */
export interface FilePort {
  readonly link: typeof link
  readonly lstat: typeof lstat
  readonly mkdir: typeof mkdir
  readonly open: typeof open
  readonly readdir: typeof readdir
  readonly readFile: typeof readFile
  readonly realpath: typeof realpath
  readonly rename: typeof rename
  readonly rmdir: typeof rmdir
  readonly unlink: typeof unlink
  readonly writeFile: typeof writeFile
}

/** The file system of this machine. */
export const nodeFiles: FilePort = {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rmdir,
  unlink,
  writeFile,
}
