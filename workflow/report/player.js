// The player: every method's mask over the same frame, one time for all.
"use strict";

const GREY = [150, 150, 150], TRUTH_COLOUR = [255, 233, 74];
const ERRORS = { hit: [255, 255, 255], missed: [230, 50, 170], false: [60, 150, 255], shadow: [255, 190, 40] };
const AHEAD = 8; // frames decoded before they are asked for

const rgb = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
const opaque = ([red, green, blue]) => 0xff000000 | (blue << 16) | (green << 8) | red;

/** Fill an image's values from run lengths; `table` gives the value of each code. */
function fillRuns(values, runs, table) {
  let start = 0;
  for (let run = 0; run < runs.ends.length; run++) {
    values.fill(table[runs.codes[run]], start, runs.ends[run]);
    start = runs.ends[run];
  }
}

class Player {
  /** `facts`: methods, codes, area, truth_area, test, events, fps; `data`: what bgsub/report/player.py packed. */
  constructor(root, facts, data) {
    Object.assign(this, { root, facts, data, index: 0, playing: false, images: new Map(), listeners: [] });
    // What the values of masks and ground truth mean, by name.
    this.code = Object.fromEntries(facts.codes.map((name, code) => [name, code]));
    this.pixels = data.width * data.height;
    this.scratch = make("canvas", { width: data.width, height: data.height });
    this.painted = new ImageData(data.width, data.height);
    this.codes = new Uint8Array(this.pixels);
    this.truthCodes = new Uint8Array(this.pixels);
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
    this.enabled = new Set(facts.methods.map((method) => method.name));
  }

  async start() {
    const names = Object.keys(this.data.masks);
    const unpacked = await Promise.all(names.map((name) => unpackRuns(this.data.masks[name], this.pixels)));
    this.masks = Object.fromEntries(names.map((name, place) => [name, unpacked[place]]));
    this.truth = this.data.truth && (await unpackRuns(this.data.truth, this.pixels));
    this.connect();
    this.layOut();
    await this.show(this.indexOf(this.facts.opening));
  }

  get last() { return this.data.frames.length - 1; }
  get frame() { return this.data.frames[this.index]; }
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
    await this.image(wanted).decode();
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
    this.run = (this.run || 0) + 1;
    if (on) this.advance(this.run);
  }

  /** Show frame after frame, as many per second as the speed says; frames are skipped if painting is slow. */
  advance(run) {
    const { frames } = this.data; // every n-th, but where frames between them train
    const step = this.last ? Math.min(...frames.slice(1).map((frame, place) => frame - frames[place])) : 1;
    const rate = (this.facts.fps * Number(this.find("speed").value)) / step;
    const from = this.index, began = performance.now();
    const tick = async (now) => {
      if (run !== this.run) return;
      const index = (from + Math.max(0, Math.floor(((now - began) / 1000) * rate))) % (this.last + 1);
      if (index !== this.index) await this.show(index);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** Make the pictures that the view asks for: one per method, or one for all. */
  layOut() {
    const tiles = this.find("tiles");
    const methods = this.facts.methods.filter((method) => this.enabled.has(method.name));
    const apart = this.view === "apart" || this.view === "errors";
    const groups = apart && methods.length ? methods.map((method) => [method]) : [methods];
    tiles.replaceChildren();
    tiles.classList.toggle("one", groups.length === 1);
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
    const { frame, index, view } = this;
    for (const tile of this.tiles) {
      const context = tile.canvas.getContext("2d");
      context.globalAlpha = 1;
      if (this.find("blank").checked) {
        context.fillStyle = "#000";
        context.fillRect(0, 0, this.data.width, this.data.height);
      } else context.drawImage(this.image(index), 0, 0, this.data.width, this.data.height);
      tile.radius = Math.max(1, Math.round(this.data.width / Math.max(1, tile.canvas.clientWidth)));
      let said = "";
      for (const method of tile.group) {
        if (view === "errors") said = this.paintErrors(context, method);
        else if (view === "contours") this.paintContour(context, this.masks[method.name][index], rgb(method.colour), tile);
        else this.paintMask(context, method);
        if (view === "apart") said = `marks ${percent(this.curves.share(method.name, frame))}`;
      }
      if (this.truth && this.find("truth").checked && view !== "errors") {
        this.paintContour(context, this.truth[index], TRUTH_COLOUR, tile);
      }
      tile.words.textContent = [tile.title, said].filter(Boolean).join(": ");
      tile.canvas.setAttribute("aria-label", `Frame ${frame}, ${tile.name}${said ? `: ${said}` : ""}`);
    }
    const seek = this.find("seek");
    seek.value = index;
    seek.setAttribute("aria-valuetext", `frame ${frame}`);
    this.find("frame").textContent = `frame ${frame}, ${(frame / this.facts.fps).toFixed(1)} s`;
    this.curves.moveTo(frame);
    if (this.marked) this.mark(...this.marked);
    for (const listener of this.listeners) listener();
    this.root.dataset.frame = frame;
  }

  /** Lay the scratch picture over a context. */
  lay(context, alpha) {
    this.scratch.getContext("2d").putImageData(this.painted, 0, 0);
    context.globalAlpha = alpha;
    context.drawImage(this.scratch, 0, 0);
    context.globalAlpha = 1;
  }

  paintMask(context, method) {
    const values = new Uint32Array(this.painted.data.buffer);
    const paint = { shadow: opaque(GREY), foreground: opaque(rgb(method.colour)) };
    fillRuns(values, this.masks[method.name][this.index], this.facts.codes.map((name) => paint[name] || 0));
    this.lay(context, Number(this.find("opacity").value) / 100);
  }

  paintContour(context, runs, colour, tile) {
    const { width } = this.data;
    const values = new Uint32Array(this.painted.data.buffer);
    const codes = this.codes, { foreground } = this.code;
    const inside = (place) => codes[place] === foreground;
    fillRuns(codes, runs, Object.values(this.code));
    values.fill(0);
    for (let place = 0; place < this.pixels; place++) {
      if (!inside(place)) continue;
      const x = place % width;
      for (let far = 1; far <= tile.radius; far++) {
        if (x < far || x >= width - far || !inside(place - far) || !inside(place + far)
          || !inside(place - far * width) || !inside(place + far * width)) values[place] = opaque(colour);
      }
    }
    this.lay(context, 1);
  }

  paintErrors(context, method) {
    const values = new Uint32Array(this.painted.data.buffer);
    const count = { hit: 0, missed: 0, false: 0, shadow: 0 };
    const colours = Object.fromEntries(Object.entries(ERRORS).map(([name, colour]) => [name, opaque(colour)]));
    const { foreground, shadow, unknown } = this.code;
    fillRuns(this.codes, this.masks[method.name][this.index], Object.values(this.code));
    fillRuns(this.truthCodes, this.truth[this.index], Object.values(this.code));
    for (let place = 0; place < this.pixels; place++) {
      const truth = this.truthCodes[place], marked = this.codes[place] === foreground;
      const error = truth === unknown ? null
        : truth === foreground ? (marked ? "hit" : "missed")
        : !marked ? null : truth === shadow ? "shadow" : "false";
      values[place] = error ? colours[error] : 0;
      if (error) count[error]++;
    }
    this.lay(context, Number(this.find("opacity").value) / 100);
    const there = count.hit + count.missed, found = count.hit + count.false + count.shadow;
    const recall = there ? `finds ${percent(count.hit / there)} of the person` : "nobody there to find";
    return found ? `${recall}; ${percent(count.hit / found)} of what it marks is right` : `${recall}; marks nothing`;
  }
}
