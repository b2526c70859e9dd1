/**
 * The command line. Run as `deno run --allow-read cli/main.ts COMMAND …`.
 *
 * Exit codes: 0 ok, 1 the answer is no (or a fault of Lapis itself), 2 wrong use, 3 bad input, 130 after Ctrl-C,
 * 143 after SIGTERM. A reader that closes the pipe, as `| head -1` does, ends a command quietly.
 * @module
 */
import { Command, CommanderError } from "commander";
import { LapisError } from "../mod.ts";
import { type CommandDef, type Outcome, UsageError } from "./command.ts";
import { build } from "./commands/build.ts";
import { convert } from "./commands/convert.ts";
import { diff } from "./commands/diff.ts";
import { evaluate } from "./commands/evaluate.ts";
import { extract } from "./commands/extract.ts";
import { forecast } from "./commands/forecast.ts";
import { generate } from "./commands/generate.ts";
import { experiment } from "./commands/experiment.ts";
import { gradients } from "./commands/gradients.ts";
import { graph } from "./commands/graph.ts";
import { init } from "./commands/init.ts";
import { inspect } from "./commands/inspect.ts";
import { layers } from "./commands/layers.ts";
import { predict } from "./commands/predict.ts";
import { report } from "./commands/report.ts";
import { train } from "./commands/train.ts";
import { verify } from "./commands/verify.ts";
import { view } from "./commands/view.ts";
import { OutputClosed, processTerminal, type Terminal } from "./terminal.ts";

const commands: readonly CommandDef[] = [
  predict,
  inspect,
  verify,
  convert,
  init,
  train,
  experiment,
  evaluate,
  generate,
  forecast,
  gradients,
  extract,
  diff,
  build,
  graph,
  view,
  report,
  layers,
];

export type { Terminal };

/** How a failure is told: its exit code and its line. */
interface Failure {
  readonly exit: number;
  readonly code: string;
  readonly message: string;
}

function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n").map((part) => part.trim()).filter((part) => part !== "").join(" ");
  if (error instanceof UsageError) return { exit: 2, code: "usage", message: line };
  // Models are read through node:fs, whose errors carry Deno's refusal as text alone.
  if (error instanceof Deno.errors.NotCapable || /run again with the --allow-\w+ flag/.test(line)) {
    return { exit: 2, code: "permission", message: line };
  }
  if (error instanceof LapisError) return { exit: 3, code: error.code, message: line };
  const system = ["NotFound", "IsADirectory", "NotADirectory", "PermissionDenied", "AlreadyExists"] as const;
  if (system.some((name) => error instanceof Deno.errors[name])) {
    return { exit: 3, code: "file", message: line };
  }
  return {
    exit: 1,
    code: "internal",
    message: `${line} (a fault in Lapis; run again with --debug and report what it prints)`,
  };
}

const exampleText = ({ example }: CommandDef) => `\nExample:\n  ${example.replaceAll("\n", "\n  ")}`;

/**
 * Takes the mandatory options out of commander's hands, which tells a missing one before an unknown one; what it gives
 * tells those that weren't given.
 */
function mandatoryOf(command: Command): () => void {
  const mandatory = command.options.filter((option) => option.mandatory);
  for (const option of mandatory) option.mandatory = false;
  return () => {
    const missing = mandatory.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing) throw new UsageError(`${missing.long ?? missing.flags} is missing: ${missing.description}`);
  };
}

function register(
  program: Command,
  def: CommandDef,
  terminal: Terminal,
  done: (outcome: Outcome, json: boolean) => void,
): void {
  const command = def.declare(program.command(def.name).summary(def.summary).description(def.summary))
    .option("--json", "print one JSON object")
    .option("--debug", "print stack traces")
    .addHelpText("after", exampleText(def));
  const checkMandatory = mandatoryOf(command);
  command.action(async () => {
    checkMandatory();
    const args = command.processedArgs.flat().filter((arg) => arg !== undefined).map(String);
    const options: Record<string, unknown> = command.optsWithGlobals();
    const log = (line: string) => terminal.err(`${line}\n`);
    done(await def.run(args, options, { terminal, log }), options.json === true);
  });
}

/** Runs the command line on its arguments and returns the exit code. */
export async function main(args: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exit = 0;
  const program = new Command("lapis")
    .description("Trains, runs, inspects and verifies neural networks.")
    .option("--json", "print one JSON object")
    .option("--debug", "print stack traces")
    .addHelpText("after", exampleText(predict))
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const def of commands) {
    register(program, def, terminal, (outcome, json) => {
      exit = outcome.exit ?? (outcome.answer === false ? 1 : 0);
      if (outcome.quiet !== true) {
        terminal.out(json ? `${JSON.stringify(outcome.data)}\n` : `${outcome.text}\n`);
      }
    });
  }
  if (args.length === 0) {
    program.outputHelp();
    return 2;
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof OutputClosed) return exit;
    const failure = error instanceof CommanderError
      ? { exit: 2, code: "usage", message: error.message.replace(/^error: /, "") }
      : failureOf(error);
    if (!(error instanceof CommanderError)) terminal.err(`error: ${failure.message}\n`);
    if (args.includes("--debug") && error instanceof Error) terminal.err(`${error.stack ?? ""}\n`);
    if (args.includes("--json")) {
      terminal.out(`${JSON.stringify({ error: { code: failure.code, message: failure.message } })}\n`);
    }
    exit = failure.exit;
  }
  return exit;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
