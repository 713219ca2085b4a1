import formErrors from "./data/form-errors-2026-11.json" with { type: "json" }
import { formErrorLibrary, type FormErrorLibrary } from "./form-error.ts"

let library: FormErrorLibrary | undefined

/** Form errors of densely profiled public functions; origins are in the data file. Condensed when first asked for. */
export function shippedFormErrors(): FormErrorLibrary {
  library ??= formErrorLibrary(formErrors.entries)
  return library
}
