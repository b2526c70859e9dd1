/** The README's commands exist and do what they say; its links lead somewhere. @module */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { lapis } from "../support/cli.ts";
import { exists, root } from "../support/sources.ts";

const readme = await Deno.readTextFile(new URL("README.md", root));
const here = (path: string) => decodeURIComponent(new URL(path, root).pathname);

/** The shell lines of the README, continuations joined and comments dropped. */
function shellLines(): string[] {
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? "");
  return blocks.join("\n").replaceAll("\\\n", " ").split("\n").map((line) =>
    line.replace(/(^|\s)#.*$/, "").trim()
  )
    .filter((line) => line !== "");
}
const lines = shellLines();

/** Words of a shell line; double quotes hold spaces. */
const words = (line: string) =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");

Deno.test("the tasks that the README and CONTRIBUTING name are there", async () => {
  const { tasks } = JSON.parse(
    (await Deno.readTextFile(new URL("deno.json", root))).replace(/^\s*\/\/.*$/gm, ""),
  ) as { tasks: Record<string, string> };
  const both = readme + await Deno.readTextFile(new URL("CONTRIBUTING.md", root));
  const named = [...both.matchAll(/deno(?:@[\d.]+)? task (\w+)/g)].map(([, name]) => name ?? "");
  ok(named.includes("demo") && named.includes("test"));
  deepEqual(named.filter((name) => !(name in tasks)), []);
});

Deno.test("every line of the README's shell blocks is a task or a command of lapis", () => {
  deepEqual(lines.filter((line) => !/^(npx -y deno@2\.9 task |lapis )/.test(line)), []);
});

const shared = new URL("../shared/", root);
const places: Readonly<Record<string, string>> = {
  $M: decodeURIComponent(new URL("models", shared).pathname),
  $D: decodeURIComponent(new URL("data", shared).pathname),
};
for (const line of lines.filter((line) => line.startsWith("lapis "))) {
  const needsData = line.includes("$");
  Deno.test({
    name: `README: ${line}`,
    ignore: needsData && !await exists(shared),
    fn: async () => {
      const folder = await Deno.makeTempDir();
      try {
        const args = words(line).slice(1).map((word) =>
          word.startsWith("$")
            ? word.replace(/^\$\w/, (name) => places[name] ?? name)
            : word.replace(/^examples\//, here("examples/"))
        ).map((word) => (/^out(\.|$)/.test(word) ? `${folder}/${word}` : word));
        // One pass shows that the line works.
        if (args[0] === "train") args.push("--epochs", "1");
        const { exit, out, err } = await lapis(...args);
        equal(exit, 0, err);
        ok(out.length > 0);
        if (args[0] === "verify") match(out, /^equal within/m);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("links lead to files", async () => {
  for (const page of ["README.md", "CONTRIBUTING.md", "docs/design.md"]) {
    const base = new URL(page, root), text = await Deno.readTextFile(base);
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)/g)) {
      if (!/^[a-z]+:/.test(target)) ok(await exists(new URL(target, base)), `${page}: ${target}`);
    }
  }
});
