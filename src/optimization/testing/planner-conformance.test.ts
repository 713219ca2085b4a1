import { frontierMergePlanner } from "../frontier-merge/frontier-merge-planner.ts"
import { stepConfPlanner } from "../stepconf/step-conf-planner.ts"
import { stepConf } from "../stepconf/step-conf.ts"
import { describePlanner } from "./planner-conformance.ts"
import { describeReplanningPolicy } from "./policy-conformance.ts"

describePlanner(stepConfPlanner)
describePlanner(frontierMergePlanner)
describeReplanningPolicy("stepconf", stepConf)
