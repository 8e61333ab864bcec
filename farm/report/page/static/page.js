"use strict";
// Text becomes text nodes only: whatever a board said, it is never markup.
const main = JSON.parse(document.getElementById("tables").textContent);
const FEW = 6; // tables with fewer rows have no search
const PAGES = { vectors: 50, changes: 12 };
let parsed = null;
const details = () => (parsed ??= JSON.parse(document.getElementById("details").textContent));

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const category = (verdict) => main.verdicts[verdict] ?? "not_run";
const chip = (verdict) => (verdict ? make("span", { class: `chip ${category(verdict)}` }, verdict) : "–");
const link = (key, text) => make("a", { href: `#${key}=${encodeURIComponent(text)}` }, text);

const shortPath = (path) => path.split("/").slice(-1)[0];

function shares(counts) {
  const words = counts.map((count, index) => (count ? `${count} ${main.categories[index][1]}` : "")).filter(Boolean).join(", ");
  const bar = make("div", { class: "mini", role: "img", "aria-label": words, title: words });
  counts.forEach((count, index) => {
    if (!count) return;
    const part = make("span", { class: main.categories[index][0] });
    part.style.flexGrow = count;
    bar.append(part);
  });
  return bar;
}

function histogram(counts) {
  const most = Math.max(...counts);
  if (!most) return "–";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "histogram");
  svg.setAttribute("viewBox", `0 0 ${counts.length * 8} 20`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `PCC distribution: ${counts.join(", ")}`);
  counts.forEach((count, index) => {
    const tall = (19 * count) / most;
    const bar = document.createElementNS(SVG, "rect");
    const box = { x: index * 8 + 1, y: 20 - tall, width: 6, height: tall, class: index < 4 ? "failed" : "good" };
    for (const [name, value] of Object.entries(box)) bar.setAttribute(name, value);
    svg.append(bar);
  });
  return svg;
}

function verdictBars(verdicts) {
  const bar = make("div", { class: "verdicts", role: "img", "aria-label": verdicts.join(", ") });
  for (const verdict of verdicts) bar.append(make("span", { class: category(verdict), title: verdict }));
  return bar;
}

const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
const seconds = (value) => (value === null ? "–" : value < 1 ? `${(1000 * value).toFixed(value < 0.01 ? 1 : 0)} ms` : `${value.toFixed(1)} s`);
const KINDS = {
  number: (value) => String(value),
  bad: (value) => String(value),
  seconds,
  pcc: (value) => number(value, 5),
  ratio: (value) => (value === null ? "–" : `× ${number(value, 2)}`),
  percent: (value) => `${(100 * value).toFixed(1)} %`,
  verdict: chip,
  change: (value) => make("b", {}, value.replace("_", " ")),
  vector: (value) => link("vector", value),
  operation: (value) => link("operation", value),
  model: (value) => link("model", value),
  models: (value) => {
    const words = value.length > 1 ? `${shortPath(value[0])} and ${value.length - 1} more` : shortPath(value[0] ?? "");
    return make("span", { title: value.join("\n") }, words);
  },
  message: (value) => make("div", { class: "clamp" }, value), // the vector's dialog has the whole message
  shares,
  histogram,
  verdicts: verdictBars,
};
const NUMBERS = new Set(["number", "bad", "seconds", "pcc", "ratio", "percent"]);
const weight = (value) => (Array.isArray(value) ? (value[1] ?? 0) + (value[2] ?? 0) : value);

/** A table with a search field, select elements, pages, and columns to sort by. */
class View {
  constructor(place, name, choices) {
    this.name = name;
    this.data = main.tables[name];
    this.columns = this.data.columns;
    this.texts = this.data.rows.map((row) => row.map((cell) => (cell === null ? "" : String(cell))).join(" ").toLowerCase());
    this.order = this.data.rows.map((_, index) => index);
    this.sorted = { column: -1, down: false };
    this.page = 0;
    this.size = PAGES[name] ?? 20;
    this.build(place, choices);
    this.show();
  }

  build(place, choices) {
    const title = document.getElementById(place.closest("section").id + "-title").textContent;
    this.search = make("input", { type: "search", oninput: () => this.refresh() });
    const tools = make("div", { class: "tools" }, make("label", {}, "Search ", this.search));
    this.selects = {};
    for (const [key, title] of Object.entries(choices)) {
      const column = this.columns.findIndex((each) => each.title === title);
      if (column < 0) continue;
      const values = new Set(this.data.rows.flatMap((row) => row[column]));
      values.delete("");
      if (values.size < 2) continue;
      const options = [...values].sort().map((value) => make("option", { value }, value));
      const select = make("select", { onchange: () => this.refresh() }, make("option", { value: "" }, "all"), ...options);
      this.selects[key] = [select, column];
      tools.append(make("label", {}, `${key} `, select));
    }
    this.count = make("span", { class: "note", "aria-live": "polite" });
    tools.append(this.count);
    if (this.name !== "vectors" && this.data.rows.length < FEW) tools.style.display = "none";
    this.heads = this.columns.map((column, index) => {
      const button = make("button", { type: "button", onclick: () => this.sort(index) }, column.title);
      return make("th", { scope: "col", class: NUMBERS.has(column.kind) ? "number" : "" }, button);
    });
    this.body = make("tbody");
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.before = make("button", { type: "button", onclick: () => this.turn(-1) }, "Back");
    this.after = make("button", { type: "button", onclick: () => this.turn(1) }, "More");
    this.where = make("span");
    this.pages = make("div", { class: "pages" }, this.before, this.where, this.after);
    place.append(tools, make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table), this.pages);
  }

  sort(column) {
    const kind = this.columns[column].kind;
    const first = NUMBERS.has(kind) || kind === "shares";
    this.sorted = { column, down: this.sorted.column === column ? !this.sorted.down : first };
    const { down } = this.sorted;
    const rows = this.data.rows;
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    this.order.sort((one, other) => {
      const [a, b] = [weight(rows[one][column]), weight(rows[other][column])];
      if (a === b) return one - other;
      if (a === null || a === undefined) return 1;
      if (b === null || b === undefined) return -1;
      const order = typeof a === "number" ? a - b : compare(a, b);
      return down ? -order : order;
    });
    this.heads.forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.page = 0;
    this.show();
  }

  choose(key, value) {
    for (const [select] of Object.values(this.selects)) select.value = "";
    const choice = this.selects[key];
    if (choice) choice[0].value = value;
    this.search.value = choice || !value ? "" : value;
    this.refresh();
  }

  refresh() {
    this.page = 0;
    this.show();
  }

  turn(by) {
    this.page += by;
    this.show();
  }

  matching() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = Object.values(this.selects).filter(([select]) => select.value);
    return this.order.filter(
      (index) =>
        words.every((word) => this.texts[index].includes(word)) &&
        chosen.every(([select, column]) => {
          const cell = this.data.rows[index][column];
          return Array.isArray(cell) ? cell.includes(select.value) : cell === select.value;
        }),
    );
  }

  show() {
    const matches = this.matching();
    const from = this.page * this.size;
    const shown = matches.slice(from, from + this.size);
    this.body.replaceChildren(...shown.map((index) => this.row(this.data.rows[index])));
    const all = this.data.rows.length;
    this.count.textContent = `${matches.length} of ${all}`;
    this.pages.hidden = matches.length <= this.size;
    this.pages.style.display = this.pages.hidden ? "none" : "";
    this.before.disabled = this.page === 0;
    this.after.disabled = from + this.size >= matches.length;
    this.where.textContent = `${from + 1} to ${from + shown.length} of ${matches.length}`;
  }

  row(cells) {
    return make("tr", {}, ...cells.map((cell, index) => {
      const { kind } = this.columns[index];
      let name = NUMBERS.has(kind) ? "number" : `${kind}-cell`;
      if (kind === "bad" && cell) name += " bad";
      return make("td", { class: name }, (KINDS[kind] ?? String)(cell));
    }));
  }
}

const CHOICES = {
  vectors: { verdict: "verdict", operation: "operation", reason: "reason", board: "board", model: "models" },
  changes: { change: "change", operation: "operation" },
  inexact: { operation: "operation", argument: "argument" },
};
const views = {};
for (const place of document.querySelectorAll("[data-table]")) {
  const name = place.dataset.table;
  if (main.tables[name]) views[name] = new View(place, name, CHOICES[name] ?? {});
}

// --- one vector ---

const dialog = document.getElementById("vector");
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

function table(heads, rows) {
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, make("button", { type: "button", disabled: "" }, text))));
  head.querySelectorAll("button").forEach((button) => button.replaceWith(...button.childNodes));
  head.querySelectorAll("th").forEach((cell) => (cell.style.padding = ".35rem .6rem"));
  const body = rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, cell))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

function rerun(vector) {
  const code = make("code", {}, `${main.rerun} --vector ${quoted(vector)}`);
  return make("p", { class: "rerun" }, make("span", {}, "Run it again:"), code, make("button", { type: "button", "data-copy": "" }, "Copy"));
}

function open(vector) {
  const all = details();
  const entry = Object.hasOwn(all.vectors, vector) ? all.vectors[vector] : null;
  const text = (index) => all.texts[index];
  const body = document.getElementById("vector-body");
  document.getElementById("vector-title").textContent = entry ? `Vector ${vector}` : `This run has no vector ${vector}`;
  body.replaceChildren();
  if (entry) {
    const row = main.tables.vectors.rows.find((each) => each[0] === vector);
    const reason = entry.reason ? ` ${entry.reason}` : "";
    body.append(make("p", {}, link("operation", row[1]), " ", chip(row[2]), reason));
    if (text(entry.message)) body.append(make("pre", { tabindex: "0", "aria-label": "Message" }, text(entry.message)));
    body.append(rerun(vector));
    if (entry.mismatch) {
      const wrong = entry.mismatch.facts.flatMap(([name, value]) => [make("dt", {}, text(name)), make("dd", {}, text(value))]);
      body.append(make("h3", {}, "Wrong numbers"), make("dl", { class: "about" }, ...wrong));
      if (entry.mismatch.excerpt.length) {
        const numbers = entry.mismatch.excerpt.map((each) => each.map(text));
        body.append(make("h3", {}, "Numbers around the worst"), table(["index", "expected", "actual", "error"], numbers));
      }
    }
    body.append(make("h3", {}, "Configuration"));
    body.append(make("ul", { class: "lines" }, ...entry.configuration.map((index) => make("li", {}, make("code", {}, text(index))))));
    const facts = [["board opened as", text(entry.opened)], ["config_hash", entry.hash || "none"]];
    if (text(entry.tolerance)) facts.push(["judged by tolerance", text(entry.tolerance)]);
    if (entry.inexact.length) facts.push(["lost in the trace", entry.inexact.join(", ")]);
    for (const index of entry.left_out) facts.push(["not in this ttnn, left out", text(index)]);
    for (const index of entry.sources) facts.push(["seen in", text(index)]);
    body.append(make("dl", { class: "about" }, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
    if (entry.attempts.length) {
      const rows = entry.attempts.map((each) => [String(each[0]), text(each[1]), chip(each[2]), each[3], text(each[4]), seconds(each[5]), text(each[7]), text(each[6])]);
      const titles = ["attempt", "board", "verdict", "reason", "started", "took", "metrics", "message"];
      if (entry.attempts.some((each) => text(each[8]))) {
        titles.splice(2, 0, "ttnn");
        rows.forEach((row, at) => row.splice(2, 0, text(entry.attempts[at][8])));
      }
      if (entry.attempts.some((each) => text(each[9]))) {
        titles.push("chips at trouble");
        rows.forEach((row, at) => row.push(text(entry.attempts[at][9])));
      }
      body.append(make("h3", {}, "Attempts in this run"), table(titles, rows));
    }
    if (entry.history.length) {
      const rows = entry.history.map(([run, verdict, time]) => [all.runs[run], chip(verdict), seconds(time)]);
      body.append(make("h3", {}, "History"), table(["run", "verdict", "took"], rows.reverse()));
    }
  }
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  document.getElementById("vector-title").focus();
}

let previousHash = "";
function followHash() {
  const [, key, raw] = /^#(\w+)=(.*)$/s.exec(location.hash) ?? [];
  const value = key ? decodeURIComponent(raw) : "";
  if (key === "vector") return open(value);
  previousHash = location.hash;
  if (dialog.open) dialog.close();
  if (key && views.vectors) {
    views.vectors.choose(key, value);
    document.getElementById("vectors").scrollIntoView();
  }
  return undefined;
}
addEventListener("hashchange", followHash);
dialog.addEventListener("close", () => {
  if (location.hash.startsWith("#vector=")) history.replaceState(null, "", previousHash || location.pathname + location.search);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
});

// --- groups of failures ---

const groups = [...document.querySelectorAll("#failures .group")];
const box = document.querySelector("#failures .groups");
const search = document.querySelector("[data-groups-search]");
const by = document.querySelector("[data-groups-sort]");
function arrange() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = groups.filter((group) => {
    const text = group.textContent.toLowerCase();
    group.hidden = !words.every((word) => text.includes(word));
    return !group.hidden;
  });
  document.querySelector("[data-groups-count]").textContent = `${matches.length === groups.length ? "" : `${matches.length} of `}${groups.length} ${groups.length === 1 ? "kind" : "kinds"}`;
  const key = by.value;
  const compare = (a, b) => (key === "count" ? b.dataset.count - a.dataset.count : a.dataset[key].localeCompare(b.dataset[key]));
  box.append(...[...groups].sort(compare));
}
if (search) {
  search.addEventListener("input", arrange);
  by.addEventListener("change", arrange);
  arrange();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
  }
});
addEventListener("beforeprint", () => groups.forEach((group) => (group.open = true)));
followHash();
