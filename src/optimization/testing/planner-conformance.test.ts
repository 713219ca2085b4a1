import { frontierMergePlanner } from "../frontier-merge/frontier-merge-planner.ts"
import { stepConfPlanner } from "../stepconf/step-conf-planner.ts"
import { describePlanner } from "./planner-conformance.ts"

describePlanner(stepConfPlanner)
describePlanner(frontierMergePlanner)
