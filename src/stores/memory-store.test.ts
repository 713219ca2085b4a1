import { memoryStore } from "./memory-store.ts"
import { testStore } from "./testing/test-store.ts"

testStore("memory", async () => ({ store: memoryStore() }))
