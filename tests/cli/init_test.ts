/** `lapis init`: a first configuration, made of data or asked for. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { bmp } from "../support/bmp.ts";
import { inFolder, lapis } from "../support/cli.ts";

const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i < 20 ? "cat" : "dog"}`);
const table = `a,b,kind\n${rows.join("\n")}\n`;

Deno.test("init writes the configuration that train would make, and trains to the same numbers", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, table);
    const from = ["--data", `${folder}/t.csv`, "--target", "kind", "--epochs", "3"];
    const made = await lapis("init", ...from, "-o", `${folder}/first.json`);
    strictEqual(made.exit, 0, made.err);
    match(made.out, /b +integer/);
    match(made.out, /first\.json trains it, and writes first\.keras/);
    const config = JSON.parse(await Deno.readTextFile(`${folder}/first.json`));
    strictEqual(config.data.train, `${folder}/t.csv`);
    deepStrictEqual(config.data.labels, ["cat", "dog"]);

    const direct = await lapis("train", ...from, "-o", `${folder}/direct.keras`, "--json");
    const later = await lapis("train", `${folder}/first.json`, "--json");
    strictEqual(later.exit, 0, later.err);
    deepStrictEqual(JSON.parse(later.out).history, JSON.parse(direct.out).history);
    ok(Deno.statSync(`${folder}/first.keras`).size > 0);
  }));

Deno.test("init overwrites nothing, and says what is missing", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, table);
    await Deno.writeTextFile(`${folder}/t.json`, "mine");
    const into = ["--data", `${folder}/t.csv`, "--target", "kind", "-o", `${folder}/t.json`];
    const { exit, err } = await lapis("init", ...into);
    strictEqual(exit, 3);
    match(err, /t\.json: is there already/);
    strictEqual(await Deno.readTextFile(`${folder}/t.json`), "mine");
    const none = await lapis("init");
    strictEqual(none.exit, 2);
    match(none.err, /--data is missing/);
    const target = await lapis("init", "--data", `${folder}/t.csv`, "-o", `${folder}/u.json`);
    strictEqual(target.exit, 2);
    match(target.err, /--target COLUMN is missing/);
  }));

Deno.test("init asks a person for data and target, and for neither of a folder of pictures", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, table);
    const asks = async (answers: readonly string[], ...args: readonly string[]) => {
      const left = [...answers];
      let err = "";
      const ask = () => left.shift() ?? null;
      const terminal = {
        out: () => {},
        err: (text: string) => err += text,
        width: 80,
        interactive: false,
        ask,
      };
      return { exit: await main(["init", ...args], terminal), err, left };
    };
    const answered = await asks([`${folder}/t.csv`, "b"], "-o", `${folder}/b.json`);
    deepStrictEqual([answered.exit, answered.left], [0, []], answered.err);
    match(answered.err, /Columns: a, b, kind/);
    strictEqual(JSON.parse(await Deno.readTextFile(`${folder}/b.json`)).data.label, "b");
    strictEqual((await asks([], "-o", `${folder}/c.json`)).exit, 2);

    for (const [name, grey] of [["dark", 20], ["light", 220]] as const) {
      await Deno.mkdir(`${folder}/pics/${name}`, { recursive: true });
      for (let i = 0; i < 6; i++) {
        await Deno.writeFile(`${folder}/pics/${name}/${i}.bmp`, bmp(8, [grey, grey, grey], i));
      }
    }
    const pictures = await asks([], "--data", `${folder}/pics`, "-o", `${folder}/p.json`);
    strictEqual(pictures.exit, 0, pictures.err);
    deepStrictEqual(JSON.parse(await Deno.readTextFile(`${folder}/p.json`)).data.labels, ["dark", "light"]);
  }));
