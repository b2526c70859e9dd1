// @ts-check
/** Cards beside a drawing: several stay open, each is closed by itself. */
import { h } from "./dom.js";

/** A column of cards. */
export class Cards {
  constructor() {
    /** @type {Map<string, HTMLElement>} */
    this.open = new Map();
    this.empty = h("p", { class: "quiet" }, "Choose a node or an edge: its card opens here, and stays.");
    this.list = h("div", { class: "card-list" });
    this.element = h(
      "section",
      { class: "cards", "aria-label": "Details", "aria-live": "polite" },
      this.empty,
      this.list,
    );
  }
  /**
   * Opens a card, or brings an open one forward.
   * @param {string} id
   * @param {string} title
   * @param {readonly (Node | string)[]} content
   * @param {{ kind?: string }} [options]
   */
  show(id, title, content, { kind = "" } = {}) {
    this.open.get(id)?.remove();
    const card = h(
      "article",
      { class: `card ${kind}`, "data-card": id },
      h(
        "header",
        {},
        h("h3", {}, title),
        h("button", {
          type: "button",
          class: "icon",
          "aria-label": `Close ${title}`,
          onclick: () => this.close(id),
        }, "×"),
      ),
      ...content,
    );
    this.open.set(id, card);
    this.list.prepend(card);
    this.empty.hidden = true;
    return card;
  }
  /** @param {string} id */
  close(id) {
    this.open.get(id)?.remove();
    this.open.delete(id);
    this.empty.hidden = this.open.size > 0;
  }
}
/**
 * Names with values.
 * @param {Record<string, string | Node>} entries
 */
export function facts(entries) {
  return h(
    "dl",
    { class: "facts" },
    Object.entries(entries).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}
