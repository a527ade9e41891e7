// The pictures at the top of a page, moving: the telling moment's methods over the test frames.
"use strict";

const LEAD = 2; // seconds before the telling moment that the pictures begin with

class Hero {
  constructor(root, player) {
    Object.assign(this, { root, player, facts: player.facts });
    this.button = root.querySelector('[data-part="hold"]');
    this.when = root.querySelector('[data-part="when"]');
    this.tiles = Array.from(root.querySelectorAll("figure"), (figure) => this.tile(figure));
    this.ticker = new Ticker(player.last + 1, (place) => this.show(place));
    this.place = player.indexOf(this.facts.opening);
  }

  tile(figure) {
    const method = this.facts.methods.find(({ name }) => name === figure.dataset.method);
    const { width, height } = this.player.data;
    const canvas = make("canvas", { width, height, role: "img", "aria-label": `What ${method.label} marks, moving` });
    figure.querySelector("img").after(canvas);
    return { method, canvas, said: figure.querySelector('[data-part="said"]') };
  }

  /** Nothing moves by itself for those who prefer that, nor where nobody looks. */
  start() {
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.play(!this.playing));
    const still = matchMedia("(prefers-reduced-motion: reduce)");
    still.addEventListener("change", () => { if (still.matches) this.play(false); });
    this.play(false);
    if (still.matches) return;
    this.place = Math.max(0, this.place - Math.round(LEAD * this.rate));
    this.play(true);
    new IntersectionObserver(([seen]) => {
      if (this.playing) this[seen.isIntersecting ? "run" : "rest"]();
    }).observe(this.root);
  }

  get rate() { return this.facts.fps / this.player.stride; }

  play(on) {
    this.playing = on;
    this.button.textContent = on ? "❚❚" : "▶";
    this.button.setAttribute("aria-label", on ? "Hold the pictures" : "Let the pictures move");
    this[on ? "run" : "rest"]();
  }

  run() {
    this.root.classList.add("moving");
    this.ticker.start(this.place, this.rate);
  }

  rest() { this.ticker.stop(); }

  async show(place) {
    const { player } = this, frame = player.data.frames[place];
    this.place = place;
    const image = player.image(place);
    await image.decode();
    for (const { method, canvas, said } of this.tiles) {
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      player.painter.mask(context, player.masks[method.name][place], method.colour, 0.6);
      const kept = this.facts.visible[method.name]?.[frame];
      said.textContent = `${kept === undefined ? "" : `${percent(kept)} of the person, `}${percent(player.curves.share(method.name, frame))} of the picture`;
    }
    this.when.textContent = `Frame ${frame}.`;
    this.root.dataset.frame = frame;
  }
}
