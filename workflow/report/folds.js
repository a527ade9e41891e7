// What is folded away opens by a link to it, or to something in it, and in print.
"use strict";

const folds = {
  /** Open what an address within the page leads to, and all that it is folded into. */
  reveal(hash) {
    const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!target) return;
    const own = target.querySelector(":scope > details.fold");
    if (own) own.open = true;
    for (let around = target; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
    target.scrollIntoView();
  },

  start() {
    addEventListener("hashchange", () => folds.reveal(location.hash));
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (link) folds.reveal(link.hash); // a second click on it changes no address
    });
    addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    folds.reveal(location.hash);
  },
};
