"use strict";
// Filters rows and groups by a text, a kind and a fit: it hides what doesn't match, and adds nothing.
const text = document.getElementById("text");
const kind = document.getElementById("kind");
const fit = document.getElementById("fit");
const count = document.getElementById("count");

function show() {
  const words = text.value.trim().toLowerCase();
  let groups = 0;
  for (const row of document.querySelectorAll("[data-text]")) {
    const isGroup = row.dataset.fit !== undefined;
    const named = row.dataset.text.toLowerCase().includes(words);
    const onKind = !isGroup || !kind.value || row.dataset.kinds.split(" ").includes(kind.value);
    const fits = !isGroup || !fit.value || row.dataset.fit === fit.value;
    row.hidden = !(named && onKind && fits);
    if (isGroup && !row.hidden) groups += 1;
  }
  for (const cell of document.querySelectorAll("[data-kind]")) {
    cell.hidden = Boolean(kind.value) && cell.dataset.kind !== kind.value;
  }
  count.textContent = `${groups} ${groups === 1 ? "reason" : "reasons"}`;
}

for (const each of [text, kind, fit]) each.addEventListener("input", show);
show();
