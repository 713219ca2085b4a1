import { frontierMergePlanner } from "../frontier-merge/frontier-merge-planner.ts"
import { stepConfPlanner } from "../stepconf/step-conf-planner.ts"
import { stepConf } from "../stepconf/step-conf.ts"
import { describePlanner } from "./planner-conformance.ts"
import { describePolicy } from "./policy-conformance.ts"

describePlanner(stepConfPlanner)
describePlanner(frontierMergePlanner)
describePolicy("stepconf", stepConf)
