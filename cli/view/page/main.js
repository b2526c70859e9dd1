// @ts-check
/** The page: its head, the list of views, and which one is open. */
import { h, notice } from "./dom.js";
import { count } from "./format.js";
import { network } from "./network.js";
import { computation } from "./computation.js";
import { distributions } from "./distributions.js";
import { activations } from "./activations.js";
import { training } from "./training.js";
import { experiments } from "./experiments.js";
import { forecasts } from "./forecasts.js";
import { confusion } from "./confusion.js";
import { get } from "./source.js";

/** @typedef {{ open(root: HTMLElement): Promise<{ close(): void } | void> }} View */

/** @type {Record<string, View>} */
const views = {
  network,
  computation,
  distributions,
  activations,
  training,
  experiments,
  forecasts,
  confusion,
};
const schemes = ["auto", "light", "dark"];

function scheme() {
  const button = h("button", { type: "button", class: "scheme" });
  const set = (/** @type {string} */ next) => {
    document.documentElement.dataset.scheme = next;
    button.textContent = `Scheme: ${next}`;
  };
  let kept = "auto";
  try {
    kept = sessionStorage.getItem("scheme") ?? "auto";
  } catch {
    // A page from a disk may have no storage.
  }
  set(schemes.includes(kept) ? kept : "auto");
  button.addEventListener("click", () => {
    const next =
      schemes[(schemes.indexOf(document.documentElement.dataset.scheme ?? "auto") + 1) % schemes.length] ??
        "auto";
    set(next);
    try {
      sessionStorage.setItem("scheme", next);
    } catch {
      // As above.
    }
    show();
  });
  return button;
}

/** @type {{ close(): void } | void} */
let current;
let turn = 0;
async function show() {
  const mine = ++turn, id = location.hash.slice(1);
  /** @type {import("../data.ts").About} */
  const about = await get("about");
  const entry = about.views.find((v) => v.id === id) ?? about.views[0];
  if (!entry || mine !== turn) return;
  current?.close();
  current = undefined;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${entry.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const root = h("div", { class: "view" }), place = document.getElementById("view");
  place?.replaceChildren(
    h("h2", {}, entry.title),
    root,
    h("p", { class: "loading", role: "status" }, "Loading…"),
  );
  try {
    const opened = await views[entry.id]?.open(root);
    if (mine === turn) current = opened;
    else opened?.close();
  } catch (error) {
    root.replaceChildren(notice(error instanceof Error ? error.message : String(error), "serious"));
  }
  if (mine !== turn) return;
  place?.querySelector(":scope > .loading")?.remove();
  if (place) place.dataset.view = entry.id;
}

async function start() {
  const app = document.getElementById("app");
  try {
    /** @type {import("../data.ts").About} */
    const about = await get("about");
    const told = [
      about.parameters === undefined ? "" : `${count(about.parameters)} parameters`,
      about.backend ?? "",
      about.sample ? `live values: ${about.sample}` : "",
    ].filter((t) => t !== "").join(" · ");
    app?.replaceChildren(
      h(
        "header",
        { class: "head" },
        h("div", { class: "title" }, h("span", { class: "brand" }, "Lapis"), h("h1", {}, about.name)),
        h("p", { class: "quiet" }, told),
        scheme(),
      ),
      h(
        "nav",
        { "aria-label": "Views" },
        h("ul", {}, about.views.map((v) => h("li", {}, h("a", { href: `#${v.id}` }, v.title)))),
      ),
      h("main", { id: "view", tabindex: -1 }),
    );
    addEventListener("hashchange", show);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
    await show();
  } catch (error) {
    app?.replaceChildren(notice(error instanceof Error ? error.message : String(error), "serious"));
  }
}
start();
