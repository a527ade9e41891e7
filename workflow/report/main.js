// Start the player and the inspector; say so if the browser is too old for them.
"use strict";

addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

(async () => {
  const root = document.getElementById("player");
  try {
    const facts = dataOf("facts");
    const player = new Player(root, facts, dataOf("player-data"));
    await player.start();
    const inspector = document.getElementById("inspector");
    if (inspector) await new Inspector(inspector, facts, dataOf("inspector-data"), player).start();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    root.querySelector('[data-part="failed"]').hidden = false;
    console.error(error);
  }
})();
