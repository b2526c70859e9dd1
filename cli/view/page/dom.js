/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// @ts-check
/** Builds elements; text is always text, never markup. */

/**
 * An element. Properties that begin with `on` are listeners, `class`, `aria-…` and the like attributes.
 * @param {string} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node | string | number | null | undefined | false | readonly (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  return /** @type {HTMLElement} */ (fill(document.createElement(tag), props, children));
}
/**
 * An element of a drawing.
 * @param {string} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node | string | number | null | undefined | false | readonly (Node | string)[])} children
 * @returns {SVGElement}
 */
export function s(tag, props = {}, ...children) {
  return /** @type {SVGElement} */ (fill(
    document.createElementNS("http://www.w3.org/2000/svg", tag),
    props,
    children,
  ));
}
/**
 * @param {Element} element
 * @param {Record<string, unknown>} props
 * @param {readonly unknown[]} children
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(/** @type {Node} */ (typeof child === "number" ? String(child) : child));
  }
  return element;
}

/**
 * A table with a caption that screen readers say first.
 * @param {string} caption
 * @param {readonly string[]} header
 * @param {readonly (readonly (Node | string | number)[])[]} rows
 * @param {readonly number[]} [right] columns of numbers
 */
export function tableOf(caption, header, rows, right = []) {
  const side = (/** @type {number} */ i) => (right.includes(i) ? "number" : undefined);
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, header.map((text, i) => h("th", { scope: "col", class: side(i) }, text)))),
      h(
        "tbody",
        {},
        rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { class: side(i) }, cell)))),
      ),
    ),
  );
}

/**
 * Choices of which one holds, as a row of buttons.
 * @template {string} T
 * @param {string} label
 * @param {readonly (readonly [T, string])[]} choices
 * @param {T} chosen
 * @param {(choice: T) => void} onChoice
 */
export function choices(label, choices, chosen, onChoice) {
  const buttons = choices.map(([id, title]) =>
    h("button", {
      type: "button",
      "aria-pressed": id === chosen ? "true" : "false",
      "data-choice": id,
      onclick: () => {
        for (const b of buttons) b.setAttribute("aria-pressed", String(b.dataset.choice === id));
        onChoice(id);
      },
    }, title)
  );
  return h("div", { class: "choices", role: "group", "aria-label": label }, buttons);
}

/**
 * A choice from a list.
 * @param {string} label
 * @param {readonly (readonly [string, string])[]} options
 * @param {string} chosen
 * @param {(choice: string) => void} onChoice
 */
export function select(label, options, chosen, onChoice) {
  const box = h(
    "select",
    { onchange: () => onChoice(/** @type {HTMLSelectElement} */ (box).value) },
    options.map(([id, title]) => h("option", { value: id, selected: id === chosen }, title)),
  );
  return h("label", { class: "field" }, h("span", {}, label), box);
}

/**
 * Tells in place of a view.
 * @param {string} text
 * @param {string} [level]
 */
export function notice(text, level = "plain") {
  return h("p", { class: `notice ${level}`, role: "note" }, text);
}
