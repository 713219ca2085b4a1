import { Command, CommanderError, Option } from "commander"
import { realClock } from "../base/clock.ts"
import { TrimtabError } from "../base/errors.ts"
import { engineOptions } from "./engine-flags.ts"
import { EXIT, exitCodeOf } from "./exit-codes.ts"
import { parseLoad } from "./load-spec.ts"
import { IMPORT_FORMATS } from "../profiling/import/formats.ts"
import {
  parseCanary,
  parseCount,
  parseDurationMs,
  parseMemoryList,
  parseMemoryMB,
  parseNames,
  parsePercentile,
  parseShare,
  parseUsd,
  parseWarm,
} from "./quantities.ts"
import { runOptions } from "./run-options.ts"
import { describeError, processTerminal, type Terminal } from "./terminal.ts"
import { version } from "./version.ts"

/** What every command gets: where to speak, where the user stands, and a signal that Ctrl-C aborts. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly cwd: string
  readonly configFile: string | undefined
  readonly signal: AbortSignal
}

/** A command's work on its options and its plain arguments; the number is the exit code. Loaded only when it is called, so that help is quick. */
type Action<Options> = (context: CommandContext, options: Options, args: readonly string[]) => Promise<number>

/**
 * The command line. Never throws and never exits: the exit code is returned, so that tests can call it in-process.
 * stdout carries data only; everything else goes to stderr.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(new TrimtabError("interrupted", "interrupted"))
  process.on("SIGINT", onSignal)
  process.on("SIGTERM", onSignal)
  let exitCode: number = EXIT.ok
  const program = buildProgram(interrupt.signal, (code) => (exitCode = code))
  const flags = { json: argv.includes("--json"), quiet: argv.includes("--quiet"), verbose: argv.includes("--verbose") }
  try {
    await program.parseAsync(argv, { from: "user" })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const { data, text } = describeError(error, flags)
    const terminal = processTerminal(flags, () => realClock.monotonicMs())
    if (flags.json) terminal.result(data, () => "")
    process.stderr.write(`${text}\n`)
    return error instanceof TrimtabError ? exitCodeOf(error.code) : EXIT.error
  } finally {
    process.off("SIGINT", onSignal)
    process.off("SIGTERM", onSignal)
  }
}

function buildProgram(signal: AbortSignal, exit: (code: number) => void): Command {
  const program = new Command("trimtab")
    .description(
      "The autopilot for serverless workflows: a deadline or a budget in, memory, instances and processes of every step out.",
    )
    .version(version())
    .option("--json", "print one JSON document on stdout")
    .option("--quiet", "no progress")
    .option("--verbose", "more detail on stderr")
    .option("--config <file>", "config or workflow file (default: the nearest trimtab.config.*)")
    .showHelpAfterError("(trimtab --help lists the commands)")
    .exitOverride()

  const command = <Options>(
    name: string,
    description: string,
    load: () => Promise<Action<Options>>,
    parent: Command = program,
  ): Command =>
    parent
      .command(name)
      .description(description)
      .exitOverride()
      .allowExcessArguments(false)
      .action(async (...args: unknown[]) => {
        // Commander passes the arguments, then the options, then the command: the last two are what we take.
        const self = args.at(-1) as Command
        const merged = self.optsWithGlobals<
          Options & { json?: boolean; quiet?: boolean; verbose?: boolean; config?: string }
        >()
        const flags = { json: merged.json === true, quiet: merged.quiet === true, verbose: merged.verbose === true }
        const terminal = processTerminal(flags, () => realClock.monotonicMs())
        const context = { terminal, cwd: process.cwd(), configFile: merged.config, signal }
        const action = await load()
        exit(await action(context, merged, self.args))
      })

  const { slo, budget, percentile, onDeadline, input, policy, prewarm, hedge } = runOptions()
  const { engine, ingress, admin } = engineOptions()

  command("init", "write a small workflow that runs at once", async () => (await import("./commands/init.ts")).init)
  command(
    "doctor",
    "check this machine and project; each finding has a fix",
    async () => (await import("./commands/doctor.ts")).doctor,
  )
  const profile = command(
    "profile",
    "measure the functions of the workflow",
    async () => (await import("./commands/profile.ts")).profile,
  )
    .addOption(input)
    .option("--fresh", "measure again what is measured already; what was imported is kept")
    .addOption(slo)
    .addOption(budget)
    .addOption(percentile)
    .addOption(
      new Option(
        "--until-regret <share>",
        "stop when the plan is surely within this of the best one (default: 1%)",
      ).argParser(parseShare),
    )
    .addOption(
      new Option("--runs <n>", "runs expected, which measuring may pay for (default: 1000)").argParser(parseCount),
    )
    .addOption(new Option("--max-cost <usd>", "stop measuring when this is spent").argParser(parseUsd))
    .addOption(new Option("--max-time <duration>", "stop measuring after this").argParser(parseDurationMs))
    .addOption(
      new Option(
        "--operations",
        "only count the basic operations of each function, in one local run: enough for transferred estimates",
      ).conflicts("maxTime"),
    )
    .addOption(
      new Option("--source <source>", "what counts them: the instance itself, or perf or valgrind beside it")
        .choices(["portable", "extended"])
        .implies({ operations: true }),
    )
  command(
    "import",
    "add measurements from logs, tuning results and tables",
    async () => (await import("./commands/profile-import.ts")).profileImport,
    profile,
  )
    .argument("<files...>", "logs with REPORT or platform.report lines, results of power tuning, CSV; plain or gzipped")
    .addOption(
      new Option("--format <format>", "what the files are (default: told by what they hold)").choices(IMPORT_FORMATS),
    )
    .option("--function <name>", "function of the workflow that the measurements are of")
    .addOption(new Option("--memory <MB>", "memory of rows that do not say it").argParser(parseMemoryMB))
    .addOption(
      new Option("--tasks <n>", "tasks of an invocation that does not say it (default: 1)").argParser(parseCount),
    )
    .addOption(new Option("--processes <n>", "its processes (default: 1)").argParser(parseCount))
    .addOption(new Option("--runs <n>", "every row is the mean of this many runs").argParser(parseCount))
    .addOption(new Option("--most <n>", "samples of each size to take of a file (default: 1000)").argParser(parseCount))
    .option("--skip-bad", "leave out rows that make no sense instead of refusing the file")
    .option("--dry-run", "only say what would be added")
  command(
    "show",
    "what the profiles hold",
    async () => (await import("./commands/profile-show.ts")).profileShow,
    profile,
  )
  command(
    "estimate",
    "what a step would take and cost, over memory or in one configuration",
    async () => (await import("./commands/estimate.ts")).estimate,
  )
    .argument("[step]", "step of the workflow (default: all)")
    .addOption(new Option("--memory <MB,...>", "memory sizes (default: all of the step)").argParser(parseMemoryList))
    .addOption(new Option("--instances <n>", "parallel instances (default: 1)").argParser(parseCount))
    .addOption(new Option("--processes <n>", "processes of an instance (default: 1)").argParser(parseCount))
    .addOption(new Option("--tasks <n>", "tasks of the step (default: as measured)").argParser(parseCount))
    .addOption(new Option("--warm <n>", "instances that are warm (default: all; 0: cold starts)").argParser(parseWarm))
    .addOption(new Option("--percentile <p>", "level of the upper column (default: p90)").argParser(parsePercentile))
    .option("--all", "a row for every size")
    .option("--svg <file>", "write a figure of time and cost over memory")
  command("plan", "choose a configuration for every step", async () => (await import("./commands/plan.ts")).plan)
    .addOption(slo)
    .addOption(budget)
    .addOption(percentile)
    .option("--planner <name>", "who plans (default: trimtab; trimtab planners lists them)")
    .option("--explain", "why each step has its configuration, and which plans are next to this one")
    .option("--frontier", "the cheapest plan at every latency")
    .option("--svg <file>", "write the frontier, the goal and the plan as a figure")
    .option("--certificate <file>", "write the plan with a proof of its bound")
    .addOption(
      new Option("--check <file>", "check a certificate against the present estimates instead of planning").conflicts([
        "planner",
        "explain",
        "frontier",
        "svg",
        "certificate",
      ]),
    )
    .option("--offline", "from profiles alone, with prices and limits of AWS Lambda")
  const simulation = (made: Command): Command =>
    made
      .addOption(slo)
      .addOption(budget)
      .addOption(percentile)
      .addOption(onDeadline)
      .addOption(new Option("--runs <n>", "how many runs (default: 200)").argParser(parseCount))
      .addOption(
        new Option(
          "--arrivals <when>",
          "poisson:2/s, bursty:30/min, azure:100/h, trace:FILE, or closed:4, four clients that wait for their runs (default: closed:1)",
        ).argParser(parseLoad),
      )
      .option(
        "--platform <name>",
        "lambda, lambda-step-functions, knative, local; default: starts and transfers as measured, limits and prices of AWS Lambda",
      )
      .addOption(new Option("--seed <n>", "another seed is other chance (default: 1)").argParser(parseCount))
      .option("--faults <file>", "what goes wrong: JSON, see the guide to simulation")
      .addOption(prewarm)
      .addOption(hedge)
      .option("--html <file>", "write a page with figures")
      .option("--csv <file>", "write the rows as CSV")
      .option("--input <json>", "input of the runs: JSON, or a file that holds it (default: what the steps can take)")
  simulation(
    command(
      "simulate",
      "play many runs in virtual time, from profiles alone: how often the goal is met, and at what cost",
      async () => (await import("./commands/simulate.ts")).simulate,
    ),
  )
    .option("--policy <name>", "who decides before each step (default: trimtab; trimtab planners lists them)")
    .addOption(new Option("--planner <name>", "keep the plan of this planner instead").conflicts("policy"))
    .addOption(
      new Option("--draw <run>", "the run that the page shows as a time line (default: median)").choices([
        "median",
        "slowest",
        "first",
      ]),
    )
  simulation(
    command(
      "compare",
      "strategies side by side on the same runs in virtual time, from profiles alone",
      async () => (await import("./commands/compare.ts")).compare,
    ),
  ).addOption(
    new Option("--only <names>", "policies, and planners as static:NAME, separated by commas").argParser(parseNames),
  )
  command("planners", "list the planners and policies", async () => (await import("./commands/planners.ts")).planners)
  command(
    "run",
    "run the workflow, deciding again before each step",
    async () => (await import("./commands/run.ts")).run,
  )
    .addOption(slo)
    .addOption(budget)
    .addOption(percentile)
    .addOption(onDeadline)
    .addOption(input)
    .option("--best-effort", "go on at the fastest plan if the goal cannot be met")
    .addOption(policy)
    .addOption(prewarm)
    .addOption(hedge)
    .option("--request-key <key>", "the same key gives the same run")
    .addOption(engine)
    .addOption(ingress)
    .addOption(admin)
  command(
    "serve",
    "execute the runs that a Restate server hands over, until Ctrl-C",
    async () => (await import("./commands/serve.ts")).serve,
  )
    .addOption(new Option("--engine <name>", "whose runs").choices(["restate"]).makeOptionMandatory())
    .addOption(new Option("--port <n>", "port of this worker (default: 9080)").argParser(parseCount))
    .option("--host <address>", "address that it listens on (default: 127.0.0.1)")
    .option("--advertise <url>", "where the server reaches it (default: http://127.0.0.1 and the port)")
    .addOption(ingress)
    .addOption(admin)
    .addOption(prewarm)
    .addOption(hedge)
  command("resume", "finish the runs that were cut off", async () => (await import("./commands/resume.ts")).resume)
    .addOption(prewarm)
    .addOption(hedge)
  command(
    "redrive",
    "do again what is missing of a run that failed",
    async () => (await import("./commands/redrive.ts")).redrive,
  )
    .argument("<run>", "id of the run, as trimtab runs lists it")
    .addOption(slo)
    .addOption(budget)
    .addOption(percentile)
    .addOption(onDeadline)
    .option("--policy <name>", "who decides (default: who decided before)")
    .addOption(prewarm)
    .addOption(hedge)
  command("cancel", "end a run", async () => (await import("./commands/cancel.ts")).cancel)
    .argument("<run>", "id of the run, as trimtab runs lists it")
    .option("--reason <text>", "kept with the run")
    .addOption(engine)
    .addOption(ingress)
    .addOption(admin)
  command("show", "one run: its table and its page", async () => (await import("./commands/show.ts")).show).argument(
    "<run>",
    "id of the run, as trimtab runs lists it",
  )
  command(
    "events",
    "what became durable of all runs or of one, a line each",
    async () => (await import("./commands/events.ts")).events,
  )
    .argument("[run]", "id of the run (default: all)")
    .option("--follow", "go on with what comes, until Ctrl-C")
  command(
    "observe",
    "rebuild a workflow from its logs alone: steps, choices, critical paths, times, cost",
    async () => (await import("./commands/observe.ts")).observe,
  )
    .argument(
      "[logs...]",
      "log files or folders of them, plain or gzipped (default: the log of the project's local platform)",
    )
    .addOption(new Option("--runs <n>", "runs to keep, drawn evenly from all (default: 10000)").argParser(parseCount))
    .addOption(
      new Option("--gap <duration>", "where no line names a run: a pause that ends one (default: 5s)").argParser(
        parseDurationMs,
      ),
    )
    .option("--html <file>", "write a page with the graph")
  command(
    "tune",
    "watch the logs of a workflow that somebody else runs, and publish small safe changes of its sizes",
    async () => (await import("./commands/tune.ts")).tune,
  )
    .argument(
      "[logs...]",
      "log files or folders of them, plain or gzipped (default: the log of the project's local platform)",
    )
    .addOption(slo)
    .addOption(budget)
    .addOption(percentile)
    .option("--once", "judge what is new in the logs, and end")
    .option("--dry-run", "only say what would be published")
    .option("--history", "list what was published, and why")
    .addOption(
      new Option("--rollback <version>", "publish the sizes of an earlier version again").argParser(parseCount),
    )
    .option("--store <store>", "folder or URL that functions look configurations up in (default: the project's store)")
    .option("--pipeline <name>", "name that functions look up (default: the workflow's)")
    .addOption(new Option("--window-runs <n>", "runs that are judged together (default: 50)").argParser(parseCount))
    .addOption(
      new Option("--interval <duration>", "how often the logs are looked at (default: 30s)").argParser(parseDurationMs),
    )
    .addOption(
      new Option("--radius <n>", "how many sizes a step may be away from the last plan (default: 4)").argParser(
        parseCount,
      ),
    )
    .addOption(
      new Option(
        "--canary <percent>",
        "share of the runs that try a change out first; 0: none (default: 25)",
      ).argParser(parseCanary),
    )
    .option("--offline", "know functions from profiles alone: package, start and profile nothing")
  command("runs", "list the runs", async () => (await import("./commands/runs.ts")).runs)
    .addOption(engine)
    .addOption(ingress)
    .addOption(admin)
  command(
    "demo",
    "profile and run a real video workflow on this machine, under a tight and a loose deadline",
    async () => (await import("./commands/demo.ts")).demo,
  )
    .option("--fresh", "measure everything again first")
    .addOption(policy)
    .addOption(prewarm)
  return program
}
