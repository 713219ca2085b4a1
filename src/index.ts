/** The public API of Trimtab. */
export { TrimtabError, type ErrorCode } from "./base/errors.ts"
export { realClock, type Clock } from "./base/clock.ts"
export { seededRandom, type Random } from "./base/random.ts"
export type { Json } from "./base/json.ts"

export { defineWorkflow } from "./workflow/builder.ts"
export { parseWorkflow, parseWorkflowText } from "./workflow/parse.ts"
export { workflowJsonSchema } from "./workflow/spec-schema.ts"
export { defineConfig, type PlatformConfig, type TrimtabConfig } from "./workflow/project-config.ts"
export type { WorkflowSpec } from "./workflow/spec.ts"
export type { ConfigSpace, Range, StepConfig } from "./workflow/config.ts"
export type { Goal } from "./workflow/goal.ts"
export type { PlatformLimits } from "./workflow/limits.ts"
export type { InvocationResult, RunResult, StepResult } from "./workflow/run-result.ts"
export { type Graph, graphOf } from "./workflow/graph.ts"
export { type Schedule, schedule } from "./workflow/critical-path.ts"
export type { Plan, Step, Workflow } from "./workflow/workflow.ts"

export { awsLambdaPricing, awsPrices } from "./pricing/aws-lambda.ts"
export { monthBill, runBill } from "./pricing/bill.ts"
export { exactUsd, formatPicoUsd } from "./pricing/money.ts"
export { paperCostUsd } from "./pricing/paper-cost.ts"
export {
  expressMeters,
  logMeters,
  s3ExpressMeters,
  s3Meters,
  standardTransitionMeters,
} from "./pricing/service-meters.ts"
export type { Bill, CostLine, Meter, Meters, Pricing } from "./pricing/pricing.ts"

export { fsStore } from "./stores/fs/fs-store.ts"
export { memoryStore } from "./stores/memory-store.ts"
export { openStore } from "./stores/open-store.ts"
export type { ObjectInfo, Store } from "./stores/store.ts"

export {
  connectLocalPlatform,
  type LocalPlatform,
  type LocalPlatformOptions,
} from "./platforms/local/local-platform.ts"
export { invocationMeters } from "./pricing/lambda-meters.ts"
export type {
  DeployOptions,
  FunctionPackage,
  FunctionVariant,
  InvokeOutcome,
  InvokeRequest,
  Platform,
  PrewarmOutcome,
} from "./platforms/platform.ts"
export type { InvocationRecord } from "./protocol/invocation-record.ts"
export { packageFunction, type PackageOptions } from "./packaging/package-function.ts"

export { profileWorkflow, type CampaignOptions } from "./profiling/campaign.ts"
export type { CampaignReport } from "./profiling/campaign-report.ts"
export type { RegretOutcome, RegretRule } from "./profiling/regret-phase.ts"
export {
  type OperationCampaignOptions,
  type OperationCampaignReport,
  profileWorkflowOperations,
} from "./profiling/operation-campaign.ts"
export { operationSourceOf } from "./profiling/operation-source.ts"
export { operationStore, type OperationStore } from "./profiling/operation-store.ts"
export { shippedOperationModel } from "./estimation/operation/shipped-models.ts"
export { fitOperationModel, type OperationModel } from "./estimation/operation/operation-model.ts"
export { operationEstimator, type OperationEstimator } from "./estimation/operation/operation-estimator.ts"
export { fitMlpModel, momentsOfRuns, type TimeMoments } from "./estimation/operation/mlp-model.ts"
export { type MeasuredFunction, splitByFunction } from "./estimation/operation/training-set.ts"
export { momentsOf, quantile } from "./statistics/quantile-table.ts"
export { memoryProfileStore, profileStore, type ProfileStore } from "./profiling/profile-store.ts"
export { runRecorder, type RunRecorder } from "./profiling/run-samples.ts"
export { createEstimator, type EstimatorOptions } from "./estimation/profile-estimator.ts"
export { stepConfEstimator, type StepConfEstimatorOptions } from "./estimation/stepconf-estimator.ts"
export { fitStepConf, stepConfMs, type StepConfParameters } from "./estimation/stepconf-model.ts"
export { fitStepConfDelay } from "./estimation/stepconf-delay-model.ts"
export { computeMs, type ComputeParameters, type ComputePoint } from "./estimation/compute-model.ts"
export type { CompiledSpace, Estimate, EstimateRequest, Estimator } from "./estimation/estimator.ts"
export type { Profile, Sample } from "./estimation/sample.ts"
export type { Distribution } from "./statistics/distribution.ts"
export { mean, median, sampleQuantile } from "./statistics/order-statistics.ts"
export { spreadOf, type Spread } from "./statistics/spread.ts"

export type { PlanCertificate, Planner, PlanResult, PricedPlan, Problem } from "./optimization/planner.ts"
export type { Decision, Policy, RunView } from "./optimization/policy.ts"
export { frontierMergePlanner } from "./optimization/frontier-merge/frontier-merge-planner.ts"
export { staticPolicy } from "./optimization/static-policy.ts"
export { PLANNERS, type PlannerEntry, POLICIES, type PolicyEntry } from "./optimization/planners.ts"
export type { BaselinePlanner } from "./optimization/baselines/baseline-planner.ts"
export type { FixedCounts } from "./optimization/baselines/knobs.ts"
export { vanillaPlanner } from "./optimization/baselines/vanilla.ts"
export { oraclePlanner } from "./optimization/baselines/oracle.ts"
export { orionPlanner } from "./optimization/baselines/orion/orion-planner.ts"
export { cosePolicy } from "./optimization/baselines/cose/cose-policy.ts"
export {
  algorithmOnePlanner,
  stepConfInterPlanner,
  stepConfIntraPlanner,
} from "./optimization/baselines/stepconf/stepconf-planners.ts"
export { algorithmOne, stepConfInter, stepConfIntra } from "./optimization/baselines/stepconf/stepconf-policies.ts"
export { chancePlanner } from "./optimization/uncertainty/chance-planner.ts"
export { configNavigator, type Navigated } from "./optimization/confignavigator/config-navigator.ts"
export { type ParallelGroup, parallelGroups } from "./optimization/confignavigator/parallel-groups.ts"
export {
  measureEstimates,
  MEASUREMENT_MS,
  runSearch,
  type Search,
  type SearchRun,
  type Target,
} from "./optimization/search.ts"
export { aquatope } from "./optimization/searches/aquatope.ts"
export { charmseeker } from "./optimization/searches/charmseeker.ts"
export {
  MEMORY_AND_INSTANCES,
  MEMORY_ONLY,
  searchSpace,
  type SearchSpace,
} from "./optimization/searches/search-space.ts"
export { stepConf, type StepConfOptions } from "./optimization/stepconf/step-conf.ts"
export { planRange, stepConfPlanner } from "./optimization/stepconf/step-conf-planner.ts"
export { costLatencyFrontier, trimtabPlanner, type TrimtabPlannerOptions } from "./optimization/trimtab-planner.ts"
export { trimtabPolicy, type TrimtabPolicyOptions } from "./optimization/trimtab-policy.ts"

export {
  preset as simulatedPreset,
  PRESETS as SIMULATED_PRESETS,
  type PresetName,
} from "./platforms/simulated/presets.ts"
export type { PlatformParameters } from "./platforms/simulated/parameters.ts"
export { parseFaults, type Fault, type FaultPlan } from "./platforms/simulated/faults.ts"
export type { FunctionBehaviour, Handled, HandlerCall } from "./platforms/simulated/function-behaviour.ts"
export { DEFAULT_LAW, lawFunction, type FunctionLaw } from "./platforms/simulated/law-function.ts"
export { profiledFunction, type ProfiledFunctionOptions } from "./platforms/simulated/profiled-function.ts"
export { simulationClock, type SimulationClock } from "./platforms/simulated/simulation-clock.ts"
export {
  simulatedPlatform,
  type SimulatedPlatform,
  type SimulatedPlatformOptions,
} from "./platforms/simulated/simulated-platform.ts"
export type { Arrivals } from "./simulation/arrivals/arrivals.ts"
export { azureArrivals, type AzureOptions } from "./simulation/arrivals/azure.ts"
export { bursty, type BurstyOptions } from "./simulation/arrivals/bursty.ts"
export { poisson } from "./simulation/arrivals/poisson.ts"
export { traceArrivals, type TraceOptions } from "./simulation/arrivals/trace.ts"
export { simulate, type Load, type Simulated, type SimulatedRun, type SimulateOptions } from "./simulation/simulate.ts"
export { attainmentOf, type Attainment } from "./simulation/simulation-summary.ts"
export { openWorld, type World, type WorldOptions } from "./simulation/world.ts"
export { shapedResults, stepOfKey } from "./simulation/shaped-results.ts"

export { createEngine, type Engine, type EngineOptions, type RunHandle } from "./engine/engine.ts"
export type { RunSummary } from "./engine/run-summary.ts"
export type { PrewarmRuleName } from "./engine/prewarm-rule.ts"
export type { EngineEvent } from "./engine/events.ts"
export type { Journal } from "./engine/journal.ts"
export { memoryJournal } from "./engine/memory-journal.ts"
export { openSqliteJournal } from "./engine/sqlite-journal.ts"
export {
  RESTATE_ADDRESS,
  restateClient,
  type RestateAddress,
  type RestateClient,
  type RestateClientOptions,
  type RestateRunStatus,
} from "./engine/restate/restate-client.ts"
export { startRestateWorker, type RestateWorker, type RestateWorkerOptions } from "./engine/restate/restate-worker.ts"
export { carriedInput, runRequest, serviceOf, type RunRequest } from "./engine/restate/run-request.ts"

export { DEFAULT_SETTINGS, type TunerSettings } from "./tuner/adjustment/settings.ts"
export type { SizeCurve } from "./tuner/adjustment/size-curve.ts"
export { auditLog, type AuditEntry, type AuditLog } from "./tuner/audit-log.ts"
export { profileCurves, type CurveInputs, type ProfileCurves } from "./tuner/profile-curves.ts"
export type { ConfigDocument } from "./tuner/publishing/config-document.ts"
export { configPublisher, type ConfigPublisher } from "./tuner/publishing/config-publisher.ts"
export { fileMemory, type TunerMemory } from "./tuner/tuner-memory.ts"
export { createTuner, type TunedWindow, type Tuner, type TunerOptions } from "./tuner/tuner.ts"
export { fileSource, type FilePosition, type FileSource } from "./tuner/inspection/file-source.ts"
export type { GatheredRun } from "./tuner/inspection/gathered-run.ts"
export { logInspector, type LogInspector, type LogInspectorOptions } from "./tuner/inspection/inspect.ts"
export { invocationCost } from "./tuner/inspection/invocation-cost.ts"
export { logFiles } from "./tuner/inspection/log-files.ts"
export type { LogPiece, LogSource } from "./tuner/inspection/log-source.ts"
export type * from "./tuner/observation.ts"
export { runWindow, type RunWindow } from "./tuner/reconstruction/log-window.ts"
export { reconstruct, type Reconstruction } from "./tuner/reconstruction/reconstruct.ts"

export { comparePage } from "./report/compare-page.ts"
export { runPage } from "./report/run-page.ts"
export { runTable } from "./report/run-table.ts"

export type { Context, FileRef, Handler } from "./wrapper/handler-types.ts"
