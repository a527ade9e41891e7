// The share of the image that each method marks, over time, under the player's pictures.
"use strict";

const LINE = 14, LETTER = 7; // pixels: the height of a line of labels, and room for a letter

class Curves {
  /** `go` is called with the frame that a click asks for. */
  constructor(root, facts, go) {
    Object.assign(this, { root, facts, go, enabled: null, frame: facts.test[0], shares: { ...facts.area } });
    this.first = facts.test[0];
    this.last = facts.test[1];
    this.top = this.highest();
    this.legend = document.querySelectorAll("[data-share]");
    new ResizeObserver(() => this.draw()).observe(root);
  }

  share(method, frame) { return this.shares[method][frame - this.first]; }

  /** Share that the scale reaches to. */
  highest() {
    const most = [...Object.values(this.shares), this.facts.truth_area || []].map((shares) => shares.reduce((a, b) => Math.max(a, b), 0.001));
    return Math.min(1, 1.15 * Math.max(...most));
  }

  /** Show a method with other shares of the test frames; null for those that were measured. */
  move(method, shares) {
    this.shares[method] = shares || this.facts.area[method];
    const top = this.highest();
    if (top !== this.top) {
      this.top = top;
      this.draw();
    } else if (this.lines?.[method]) this.lines[method].setAttribute("d", this.path(this.shares[method]));
    this.moveTo(this.frame);
  }

  x(frame) { return this.left + ((frame - this.first) / Math.max(1, this.last - this.first)) * this.width; }
  y(share) { return this.above + (1 - share / this.top) * this.height; }

  choose(enabled) {
    this.enabled = new Set(enabled);
    this.draw();
  }

  draw() {
    const total = this.root.clientWidth;
    if (!total || !this.enabled) return;
    const high = total < 500 ? 200 : 240;
    Object.assign(this, { left: 46, width: total - 46 - 12 });
    this.above = 8 + LINE * this.placeLabels();
    this.height = high - this.above - 40;
    const svg = make("svg", { width: total, height: high, role: "img", "aria-label": "Share of the image that each method marks, by frame" });
    this.axes(svg, total, high);
    if (this.facts.truth_area) this.line(svg, this.facts.truth_area, "truth", "1 3");
    this.lines = {};
    for (const { name, dashes, colour } of this.facts.methods) {
      if (!this.enabled.has(name)) continue;
      this.lines[name] = this.line(svg, this.shares[name], "curve", dashes);
      this.lines[name].style.setProperty("--c", colour);
    }
    this.cursor = make("line", { class: "cursor", y1: this.above - 6, y2: this.above + this.height }, svg);
    svg.addEventListener("pointerdown", (event) => {
      this.seek(event);
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => { if (event.buttons) this.seek(event); });
    this.root.replaceChildren(svg);
    this.moveTo(this.frame);
  }

  axes(svg, total, high) {
    const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
    const step = steps.find((size) => this.top / size <= 5) || 0.5;
    for (let share = 0; share < this.top; share += step) {
      make("line", { class: "grid", x1: this.left, x2: this.left + this.width, y1: this.y(share), y2: this.y(share) }, svg);
      make("text", { x: this.left - 6, y: this.y(share) + 4, "text-anchor": "end" }, svg, `${+(100 * share).toFixed(1)} %`);
    }
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].find((size) => (this.last - this.first) / size <= this.width / 55);
    for (let frame = Math.ceil(this.first / every) * every; frame <= this.last; frame += every) {
      make("text", { x: this.x(frame), y: this.above + this.height + 16, "text-anchor": "middle" }, svg, frame);
    }
    make("text", { x: this.left + this.width / 2, y: high - 4, "text-anchor": "middle" }, svg, "frame");
    for (const { x, label, anchor, row } of this.labels) {
      make("line", { class: "event", x1: x, x2: x, y1: this.above - 6, y2: this.above + this.height }, svg);
      make("text", { x: x + (anchor === "end" ? -4 : 4), y: this.above - 8 - LINE * row, "text-anchor": anchor }, svg, label);
    }
  }

  /** Give each event's label a row over the curves in which it overlaps no other. */
  placeLabels() {
    const ends = [];
    this.labels = this.facts.events.filter(({ frame }) => frame >= this.first && frame <= this.last).map(({ frame, label }) => {
      const x = this.x(frame), width = LETTER * label.length + 8;
      const anchor = x > this.left + 0.8 * this.width ? "end" : "start";
      const start = anchor === "end" ? x - width : x;
      let row = ends.findIndex((end) => end <= start);
      if (row < 0) row = ends.length;
      ends[row] = start + width;
      return { x, label, anchor, row };
    });
    return Math.max(1, ends.length);
  }

  /** Draw shares by frame, with a gap where there is none (null): frames that train. */
  line(svg, shares, kind, dashes) {
    return make("path", { class: kind, d: this.path(shares), "stroke-dasharray": dashes }, svg);
  }

  path(shares) {
    let pen = "M";
    return Array.from(shares, (share, place) => {
      const step = share === null ? "" : `${pen}${this.x(this.first + place).toFixed(1)},${this.y(share).toFixed(1)}`;
      pen = share === null ? "M" : "L";
      return step;
    }).join("");
  }

  seek(event) {
    const share = (event.clientX - this.root.getBoundingClientRect().left - this.left) / this.width;
    this.go(Math.round(this.first + Math.max(0, Math.min(1, share)) * (this.last - this.first)));
  }

  moveTo(frame) {
    this.frame = frame;
    for (const place of this.legend) place.textContent = percent(this.share(place.dataset.share, frame));
    if (!this.cursor) return;
    this.cursor.setAttribute("x1", this.x(frame));
    this.cursor.setAttribute("x2", this.x(frame));
    this.root.dataset.cursor = frame;
  }
}
