// A click on a column's head sorts the scenes by it, the best first; a second one turns them round.
"use strict";
const body = document.querySelector(".scenes tbody");
const heads = [...document.querySelectorAll(".scenes thead th")];
heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const first = column === 0 ? "ascending" : "descending";
  const other = column === 0 ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  heads.forEach((each) => each.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const value = (row) => Number(row.cells[column].dataset.value);
  body.append(...[...body.rows].sort((a, b) => sign * (value(a) - value(b))));
}));
