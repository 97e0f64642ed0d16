// What the page's parts share: elements, keyed lists, numbers for people, small charts.
//
// Everything that came from a canister, a client or another node goes through textContent or an
// attribute that isn't markup: nothing here makes HTML out of text.

const kSvg = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; text children stay text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function svg(tag, attributes) {
  const element = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Writes only what changed, so that selections stay and nothing is laid out anew. */
export function setText(element, value) {
  const text = String(value);
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Makes the children of `parent` those of `items`: kept by key, in their order. */
export function keyed(parent, items, keyOf, make, update) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let before = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = known.get(key);
    if (child) {
      known.delete(key);
    } else {
      child = make(item);
      child.dataset.key = key;
    }
    update(child, item);
    if (child === before) before = before.nextElementSibling;
    else parent.insertBefore(child, before);
  }
  for (const child of known.values()) child.remove();
}

/** A <dl> of [name, value, title]. */
export function facts(list, entries) {
  keyed(
    list,
    entries,
    ([name]) => name,
    ([name]) => el("div", {}, el("dt", {}, name), el("dd")),
    (row, [, value, title]) => {
      setText(row.lastElementChild, value);
      setAttribute(row, "title", title);
    },
  );
}

const kWhole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export const whole = (value) => (Number.isFinite(value) ? kWhole.format(value) : "–");

/** 1234567 as "1.23 M". */
export function brief(value) {
  if (!Number.isFinite(value)) return "–";
  for (const [size, unit] of [[1e12, " T"], [1e9, " G"], [1e6, " M"], [1e4, " k"]]) {
    if (value >= size) {
      const scaled = value / (size === 1e4 ? 1e3 : size);
      return (scaled >= 100 ? scaled.toFixed(0) : scaled.toPrecision(3)) + unit;
    }
  }
  return value >= 100 || Number.isInteger(value) ? whole(value) : value.toFixed(1);
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  for (const [size, unit] of [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]]) {
    if (value >= size) return `${(value / size).toPrecision(value / size >= 100 ? 4 : 3)} ${unit}`;
  }
  return `${whole(value)} B`;
}

export function milliseconds(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value >= 10_000) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 100 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
}

/** How long ago or for how long, in the largest unit that fits. */
export function span(value) {
  const seconds = Math.max(0, value / 1000);
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(0)} h`;
  return `${(seconds / 86_400).toFixed(0)} days`;
}

export const plural = (count, word) => `${whole(count)} ${word}${count === 1 ? "" : "s"}`;

/** The first groups of an id. */
export const short = (id) => id.split("-").slice(0, 2).join("-");

export const kSamples = 60;
/** A chart that has only begun isn't stretched wider than for so many values. */
const kPlacesMin = 20;

/** Draws lines of at most kSamples values, newest at the right end; the largest sets the scale. */
export function chart(target, lines) {
  const width = 240;
  const height = 44;
  setAttribute(target, "viewBox", `0 0 ${width} ${height}`);
  setAttribute(target, "preserveAspectRatio", "none");
  const most = Math.max(1e-9, ...lines.flat());
  const places = Math.max(kPlacesMin, ...lines.map((values) => values.length)) - 1;
  const x = (index, count) => width - ((count - 1 - index) * width) / places;
  const y = (value) => height - 2 - (value / most) * (height - 6);
  keyed(
    target,
    lines.map((values, index) => ({ values, index })),
    ({ index }) => index,
    ({ index }) => {
      const group = svg("g", { class: `line line-${index}` });
      group.append(svg("path", { class: "area" }), svg("path", { class: "stroke" }));
      return group;
    },
    (group, { values }) => {
      if (values.length < 2) return;
      const points = values.map((v, i) => `${x(i, values.length).toFixed(1)} ${y(v).toFixed(1)}`);
      const path = `M${points.join("L")}`;
      setAttribute(group.lastChild, "d", path);
      setAttribute(group.firstChild, "d", `${path}V${height}H${x(0, values.length).toFixed(1)}Z`);
    },
  );
}

/** A button that holds an id copies it. */
export function copies(button, text) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.dataset.copied = "yes";
    } catch {
      getSelection().selectAllChildren(button);  // no clipboard on this origin: select it instead
    }
    setTimeout(() => delete button.dataset.copied, 1200);
  });
}
