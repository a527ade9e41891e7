// Start what moves on a page; say so if the browser is too old for it.
"use strict";

folds.start();

(async () => {
  const root = document.getElementById("player");
  try {
    const facts = dataOf("facts");
    const player = new Player(root, facts, dataOf("player-data"));
    await player.start();
    const hero = document.getElementById("hero");
    if (hero) new Hero(hero, player).start();
    const live = root.querySelector('[data-part="live"]');
    if (live) await new Live(live, dataOf("live-data"), player).start();
    const inspector = document.getElementById("inspector");
    if (inspector) await new Inspector(inspector, facts, dataOf("inspector-data"), player).start();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    root.querySelector('[data-part="failed"]').hidden = false;
    console.error(error);
  }
})();
