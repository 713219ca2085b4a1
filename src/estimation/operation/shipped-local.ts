// Written by `npm run bench -- estimation --measure operation-model`: names the model that is shipped.
import model from "../data/operation-model-local-2026-11-28.json" with { type: "json" }

/** The model of the local platform as data; null before one was measured. */
export const SHIPPED_LOCAL: unknown = model
