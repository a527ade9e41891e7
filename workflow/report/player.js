// The player: every method's mask over the same frame, one time for all.
"use strict";

const AHEAD = 8; // frames decoded before they are asked for

class Player {
  /** `facts`: methods, codes, area, truth_area, test, events, fps; `data`: what bgsub/report/player.py packed. */
  constructor(root, facts, data) {
    Object.assign(this, { root, facts, data, index: 0, playing: false, images: new Map(), listeners: [] });
    this.painter = new Painter(data.width, data.height, facts.codes);
    this.ticker = new Ticker(data.frames.length, (index) => this.show(index));
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.enabled = new Set(facts.methods.map((method) => method.name));
  }

  async start() {
    const names = Object.keys(this.data.masks);
    const unpacked = await Promise.all(names.map((name) => unpackRuns(this.data.masks[name], this.painter.pixels)));
    this.masks = Object.fromEntries(names.map((name, place) => [name, unpacked[place]]));
    this.truth = this.data.truth && (await unpackRuns(this.data.truth, this.painter.pixels));
    this.connect();
    this.layOut();
    await this.show(this.indexOf(this.facts.opening));
  }

  get last() { return this.data.frames.length - 1; }
  get frame() { return this.data.frames[this.index]; }
  /** Frames of the clip from one shown one to the next, but where frames between them train. */
  get stride() {
    const { frames } = this.data;
    return this.last ? Math.min(...frames.slice(1).map((frame, place) => frame - frames[place])) : 1;
  }

  get view() { return this.root.querySelector('input[name="view"]:checked').value; }

  /** The shown frame nearest to a frame of the clip. */
  indexOf(frame) {
    const { frames } = this.data;
    const after = frames.findIndex((shown) => shown >= frame);
    if (after <= 0) return after < 0 ? this.last : 0;
    return frames[after] - frame <= frame - frames[after - 1] ? after : after - 1;
  }

  image(index) {
    if (!this.images.has(index)) {
      const image = new Image();
      image.src = `data:image/jpeg;base64,${this.data.images[index]}`;
      this.images.set(index, image);
    }
    return this.images.get(index);
  }

  /** Show a frame by its place among the shown ones; when it is painted, `data-frame` says which it is. */
  async show(index) {
    this.index = Math.max(0, Math.min(this.last, index));
    const wanted = this.index;
    for (let ahead = 1; ahead <= AHEAD; ahead++) this.image((wanted + ahead) % (this.last + 1));
    await Promise.all([this.image(wanted).decode(), this.live?.prepare(wanted)]);
    if (wanted === this.index) this.paint();
  }

  connect() {
    const seek = this.find("seek");
    seek.max = this.last;
    seek.addEventListener("input", () => this.show(Number(seek.value)));
    this.find("play").addEventListener("click", () => this.play(!this.playing));
    this.find("back").addEventListener("click", () => this.step(-1));
    this.find("forward").addEventListener("click", () => this.step(1));
    this.find("speed").addEventListener("change", () => this.play(this.playing));
    for (const control of this.root.querySelectorAll('input[name="view"], [data-part="truth"], [data-part="blank"]')) {
      control.addEventListener("change", () => { this.layOut(); this.paint(); });
    }
    this.find("opacity").addEventListener("input", () => this.paint());
    for (const box of this.root.querySelectorAll('input[name="method"]')) {
      box.addEventListener("change", () => {
        this.enabled[box.checked ? "add" : "delete"](box.value);
        this.layOut();
        this.paint();
      });
    }
    document.addEventListener("keydown", (event) => this.key(event));
    this.curves = new Curves(this.find("curves"), this.facts, (frame) => this.show(this.indexOf(frame)));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, select, textarea, .scroll, video")) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    const inside = this.root.contains(event.target);
    if (event.key === " " && inside && !event.target.closest("button")) this.play(!this.playing);
    else if (event.key.startsWith("Arrow") && event.key in steps) this.step(steps[event.key]);
    else if (event.key in steps && inside) this.step(steps[event.key]);
    else return;
    event.preventDefault();
  }

  step(by) {
    this.play(false);
    return this.show(this.index + by);
  }

  play(on) {
    this.playing = on;
    const button = this.find("play");
    button.textContent = on ? "Pause" : "Play";
    button.setAttribute("aria-pressed", on);
    this.ticker.stop();
    if (on) this.ticker.start(this.index, (this.facts.fps * Number(this.find("speed").value)) / this.stride);
  }

  /** Make the pictures that the view asks for: one per method, or one for all. */
  layOut() {
    const tiles = this.find("tiles");
    const methods = this.facts.methods.filter((method) => this.enabled.has(method.name));
    const apart = this.view === "apart" || this.view === "errors";
    const groups = apart && methods.length ? methods.map((method) => [method]) : [methods];
    tiles.replaceChildren();
    tiles.classList.toggle("one", groups.length === 1);
    tiles.style.setProperty("--columns", groups.length > 8 ? 5 : groups.length > 4 && groups.length < 7 ? 3 : 4);
    this.tiles = groups.map((group) => {
      const figure = make("figure", { class: "tile" }, tiles);
      const frame = make("div", { class: "frame" }, figure);
      const canvas = make("canvas", { width: this.data.width, height: this.data.height, role: "img" }, frame);
      const caption = make("figcaption", {}, figure);
      if (apart && group.length) make("i", { class: "swatch", style: `--c: ${group[0].colour}` }, caption);
      const words = make("span", {}, caption);
      canvas.addEventListener("click", (event) => this.pick(canvas, event));
      const name = group.length ? group.map((method) => method.label).join(", ") : "the frame alone";
      return { group, canvas, frame, words, name, title: apart && group.length ? group[0].label : "" };
    });
    this.find("errors").hidden = this.view !== "errors";
    this.find("shadows").hidden = this.view === "errors";
    this.find("opacity").disabled = this.view === "contours";
    this.curves.choose(this.enabled);
    for (const listener of this.listeners) listener();
  }

  pick(canvas, event) {
    const box = canvas.getBoundingClientRect();
    this.onpick?.((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  /** Put a ring on every picture at a place, given as shares of width and height. */
  mark(x, y) {
    this.marked = [x, y];
    for (const { frame } of this.tiles) {
      const ring = frame.querySelector(".ring") || make("span", { class: "ring", "aria-hidden": "true" }, frame);
      ring.style.left = `${100 * x}%`;
      ring.style.top = `${100 * y}%`;
    }
  }

  paint() {
    const { frame, index } = this;
    this.paintTiles(this.tiles);
    const seek = this.find("seek");
    seek.value = index;
    seek.setAttribute("aria-valuetext", `frame ${frame}`);
    this.find("frame").textContent = `frame ${frame}, ${(frame / this.facts.fps).toFixed(1)} s`;
    this.curves.moveTo(frame);
    if (this.marked) this.mark(...this.marked);
    for (const listener of this.listeners) listener();
    this.root.dataset.frame = frame;
  }

  paintTiles(tiles) {
    const { frame, index } = this;
    for (const tile of tiles) {
      const context = tile.canvas.getContext("2d");
      context.globalAlpha = 1;
      if (this.find("blank").checked) {
        context.fillStyle = "#000";
        context.fillRect(0, 0, this.data.width, this.data.height);
      } else context.drawImage(this.image(index), 0, 0, this.data.width, this.data.height);
      const said = this.layOver(context, tile);
      tile.words.textContent = [tile.title, said].filter(Boolean).join(": ");
      tile.canvas.setAttribute("aria-label", `Frame ${frame}, ${tile.name}${said ? `: ${said}` : ""}`);
    }
  }

  /** Lay the masks of a picture's methods over its context as the view asks for, and return what to say of it. */
  layOver(context, { group, canvas }) {
    const { view, painter, index } = this;
    const alpha = Number(this.find("opacity").value) / 100;
    const truth = this.truth && this.find("truth").checked && view !== "errors" ? [{ mask: this.truth[index], colour: TRUTH_COLOUR }] : [];
    const radius = Math.max(1, Math.round(this.data.width / Math.max(1, canvas.clientWidth)));
    if (view === "errors") return group.map((method) => this.errorWords(painter.errors(context, this.mask(method), this.truth[index], alpha))).join("");
    if (view === "contours") painter.outlines(context, [...group.map((method) => ({ mask: this.mask(method), colour: rgb(method.colour) })), ...truth], radius);
    else for (const method of group) painter.mask(context, this.mask(method), method.colour, alpha);
    if (view !== "contours" && truth.length) painter.outlines(context, truth, radius);
    return view === "apart" ? group.map((method) => `marks ${percent(this.curves.share(method.name, this.frame))}`).join("") : "";
  }

  /** A method's mask of the present frame. */
  mask(method) { return this.live?.mask(method.name, this.index) ?? this.masks[method.name][this.index]; }

  /** Show a method anew whose slider was moved: its pictures, and its curve with these shares. */
  moveMethod(name, shares) {
    this.curves.move(name, shares);
    this.paintTiles(this.tiles.filter(({ group }) => group.some((method) => method.name === name)));
  }

  errorWords(count) {
    const there = count.hit + count.missed, found = count.hit + count.false + count.shadow;
    const recall = there ? `finds ${percent(count.hit / there)} of ${this.facts.subject}` : "nothing there to find";
    return found ? `${recall}; ${percent(count.hit / found)} of what it marks is right` : `${recall}; marks nothing`;
  }
}
