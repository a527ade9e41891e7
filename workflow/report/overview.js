// The table over all clips: a click on a column's head sorts it, and what is asked for stays, in the table and below.
"use strict";

const table = document.querySelector(".clips");
const find = (name) => document.querySelector(`[data-part="${name}"]`);

if (table) {
  const heads = Array.from(table.tHead.rows[0].cells);
  const body = table.tBodies[0];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const order = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const number = head.classList.contains("n");
    // What has no value stays at the end, whichever way the rest is turned.
    const compare = ({ value: a }, { value: b }) => (a === "") - (b === "") || sign * (number ? a - b : a.localeCompare(b, "en", { numeric: true }));
    const rows = Array.from(body.rows, (row) => ({ row, value: row.cells[column].dataset.value }));
    body.append(...rows.sort(compare).map(({ row }) => row));
  }));

  const choose = () => {
    const words = find("find").value.trim().toLowerCase(), happens = find("happens").value, warned = find("warned").checked;
    const chosen = new Set(Array.from(body.rows).filter(({ dataset, textContent }) =>
      textContent.toLowerCase().includes(words) && (!happens || dataset.happens === happens) && (!warned || dataset.warnings > 0)
    ).map(({ dataset }) => dataset.clip));
    for (const one of document.querySelectorAll("[data-clip]")) one.hidden = !chosen.has(one.dataset.clip);
    find("shown").textContent = `${chosen.size} of ${body.rows.length} clips`;
  };
  find("filter").hidden = false;
  for (const control of ["find", "happens", "warned"]) find(control).addEventListener("input", choose);
  choose();
}
