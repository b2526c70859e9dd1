/**
 * onnx's own checker judges the files that Lapis writes: every model of the reference cases is converted at several opsets,
 * proved in onnxruntime, and must pass `check_model(full_check=True)` and strict shape inference, every value with its type.
 *
 *     deno task test:python [--opset 13,17,21,26] [--filter regexp] [--python path] [--keep folder]
 *
 * It needs Python with onnx, which no other test does; it says how to install it.
 * @module
 */
import { parseArgs } from "node:util";
import { convertCase, type Converted } from "../conversion/convert.ts";
import { findPython } from "../keras/python.ts";
import { type Case, listCases } from "../support/cases.ts";
import { kindOf } from "../support/runner.ts";
import { exists, root } from "../support/sources.ts";

const install = `Python with onnx is needed, 40 MB:

    python3 -m venv .venv
    .venv/bin/pip install "onnx==1.23.*"
    deno task test:python

Another place: --python path/to/python, or LAPIS_PYTHON.`;

async function casesOf(pattern: RegExp): Promise<readonly Case[]> {
  const shared = new URL("../shared/", root), whole = await exists(new URL("fixtures/keras/", shared));
  const folders = whole
    ? [new URL("fixtures/keras/", shared), new URL("models/", shared)]
    : [new URL("tests/fixtures/keras/", root), new URL("tests/fixtures/models/", root)];
  folders.push(new URL("tests/fixtures/keras-more/", root));
  const all = (await Promise.all(folders.map(listCases))).flat();
  return all.filter((c) =>
    pattern.test(c.name) && !c.expect_error && ["A", "B", "model", "?"].includes(kindOf(c))
  );
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      opset: { type: "string", default: "13,17,21,26" },
      filter: { type: "string", default: "" },
      python: { type: "string" },
      keep: { type: "string" },
    },
  });
  const python = await findPython(values.python, ["onnx"]);
  if (python === undefined) {
    console.error(install);
    return 3;
  }
  const cases = await casesOf(new RegExp(values.filter)), folder = values.keep ?? await Deno.makeTempDir();
  const failed: Converted[] = [];
  let count = 0;
  for (const opset of values.opset.split(",").map(Number)) {
    const own = `${folder}/${opset}`;
    await Deno.mkdir(own, { recursive: true });
    for (const one of cases) {
      const made = await convertCase(one, own, opset);
      count += made.length;
      failed.push(
        ...made.filter((c) => c.problem !== undefined).map((c) => ({ ...c, name: `${c.name} at ${opset}` })),
      );
    }
  }
  // What has no form in ONNX at an opset is said by name; anything else is a fault.
  const refused = failed.filter((c) => /no form in ONNX|needs opset/.test(c.problem ?? ""));
  const wrong = failed.filter((c) => !refused.includes(c));
  const script = new URL("check.py", import.meta.url).pathname;
  const { stdout, stderr, success } = await new Deno.Command(python, { args: [script, folder] }).output();
  console.log(new TextDecoder().decode(stdout).trim());
  if (!success) console.error(new TextDecoder().decode(stderr).slice(-2000));
  const said = new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "{}";
  const judged = JSON.parse(said) as { readonly files?: number; readonly wrong?: number };
  for (const { name, problem } of wrong) console.log(`  ${name}: ${problem}`);
  const reasons = Map.groupBy(refused, (c) => c.problem ?? "");
  for (const [problem, list] of reasons) console.log(`  refused ${list.length}: ${problem}`);
  if (values.keep === undefined) await Deno.remove(folder, { recursive: true });
  const bad = wrong.length + (judged.wrong ?? 1);
  console.log(
    `\n${count} conversions, ${judged.files ?? 0} files checked, ${refused.length} refused, ${bad} wrong`,
  );
  return bad > 0 || !success ? 1 : 0;
}

Deno.exit(await main(Deno.args));
