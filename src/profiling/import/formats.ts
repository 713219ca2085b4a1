/** Formats of measurements that somebody else made. */
export const IMPORT_FORMATS = ["report", "json", "power-tuning", "csv"] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]
