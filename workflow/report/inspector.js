// The pixel inspector: what one pixel saw, what EM made of it, and what each rule says of it now.
"use strict";

const TRAIL = 6; // test samples before the present one that stay visible
const SPREAD = 2; // standard deviations that an ellipse reaches to

class Inspector {
  /** `facts` as the player's, with `models` and `flags`; `data`: what bgsub/report/inspector.py packed. */
  constructor(root, facts, data, player) {
    Object.assign(this, { root, facts, data, player });
    this.find = (name) => root.querySelector(`[data-part="${name}"]`);
  }

  async start() {
    this.arrays = await unpackArrays(this.data);
    const low = this.arrays["pixels.low"].values, high = this.arrays["pixels.high"].values;
    this.pixels = Array.from(low, (bits, place) => high[place] * 65536 + bits);
    this.player.onpick = (x, y) => this.choose(x * this.data.width, y * this.data.height, true);
    this.player.listeners.push(() => this.follow());
    for (const name of ["column", "row"]) {
      this.find(name).addEventListener("change", () => this.choose(+this.find("column").value, +this.find("row").value));
    }
    this.find("model").addEventListener("change", () => this.present());
    for (const control of this.root.querySelectorAll('input[name="zoom"]')) control.addEventListener("change", () => this.scatter());
    this.find("iteration").addEventListener("input", () => { this.scatter(); this.likelihood(); });
    this.strips();
    new ResizeObserver(() => { this.scatter(); this.likelihood(); }).observe(this.find("scatter"));
    this.select(this.data.start);
  }

  /** Values of one pixel: a row of an array. */
  of(name) {
    const { shape, values } = this.arrays[name];
    const size = shape.slice(1).reduce((product, length) => product * length, 1);
    return values.subarray(this.place * size, (this.place + 1) * size);
  }

  colours(name) {
    const values = this.of(name);
    return Array.from({ length: values.length / 3 }, (_, sample) => Array.from(values.subarray(3 * sample, 3 * sample + 3)));
  }

  get model() { return this.find("model").value; }

  /** Select the sampled pixel nearest to a place in the image; one that was picked in a picture opens the inspector. */
  choose(x, y, picked = false) {
    const { width } = this.data;
    let best = 0, least = Infinity;
    this.pixels.forEach((pixel, place) => {
      const far = (pixel % width + 0.5 - x) ** 2 + (Math.floor(pixel / width) + 0.5 - y) ** 2;
      if (far < least) [best, least] = [place, far];
    });
    if (picked) this.root.closest("details").open = true;
    this.select(best);
  }

  select(place) {
    const { width, height } = this.data;
    this.place = place;
    this.column = this.pixels[place] % width;
    this.row = Math.floor(this.pixels[place] / width);
    this.find("column").value = this.column;
    this.find("row").value = this.row;
    this.root.dataset.pixel = this.pixels[place];
    this.player.mark((this.column + 0.5) / width, (this.row + 0.5) / height);
    for (const method of this.facts.methods) this.strip(method.name, this.of(`decisions.${method.name}`));
    if (this.arrays.truth) this.strip("truth", this.of("truth"));
    this.present();
  }

  /** Iterations that the chosen model's fit of this pixel can be seen after; the last is where it stopped. */
  stepsOf(model) {
    const taken = this.of(`n_iter.${model}`)[0];
    const steps = this.data.steps[model];
    const before = steps.filter((step) => step < taken).map((step) => ({ iteration: step, place: steps.indexOf(step) }));
    return [...before, { iteration: taken, place: steps.length - 1 }];
  }

  present() {
    this.steps = this.stepsOf(this.model);
    const slider = this.find("iteration");
    slider.max = this.steps.length - 1;
    slider.value = slider.max;
    slider.disabled = this.steps.length < 2;
    this.scatter();
    this.likelihood();
    this.follow();
  }

  /** The components at a step: weight, mean and spread in the plane. */
  components(model, place) {
    const { shape } = this.arrays[`components.${model}`];
    const count = shape[2], values = this.of(`components.${model}`), units = this.data.units;
    return Array.from({ length: count }, (_, k) => {
      const [weight, x, y, a, b, c] = values.subarray(6 * (place * count + k), 6 * (place * count + k) + 6);
      return { weight: weight * units.weight, x: x * units.mean, y: y * units.mean, a: a * units.spread, b: b * units.spread, c: c * units.spread };
    }).filter((component) => component.weight > 0);
  }

  scatter() {
    const box = this.find("scatter"), total = box.clientWidth;
    if (!total || this.place === undefined) return;
    const axes = [this.of("axes").subarray(0, 3), this.of("axes").subarray(3, 6)];
    const flat = (colour) => axes.map((axis) => axis[0] * colour[0] + axis[1] * colour[1] + axis[2] * colour[2]);
    const train = this.colours("train"), test = this.colours("test");
    const step = this.steps[Number(this.find("iteration").value)];
    const components = this.components(this.model, step.place);
    const everything = this.root.querySelector('input[name="zoom"]:checked').value === "everything";
    const points = (everything ? [...train, ...test] : train).map(flat);
    const scale = this.scaled(box, points);
    const svg = make("svg", { width: total, height: scale.high, role: "img",
      "aria-label": `Colours of the pixel in column ${this.column}, row ${this.row}, with ${components.length} Gaussians after ${step.iteration} iterations` });
    this.frameAxes(svg, scale);
    for (const colour of train) this.dot(svg, scale.to(flat(colour)), 4, colour, "train");
    components.forEach((component, place) => this.ellipse(svg, scale, component, place));
    const now = this.player.index;
    for (let place = Math.max(0, now - TRAIL); place <= now; place++) {
      const [x, y] = scale.to(flat(test[place]));
      const inside = x > scale.left && x < scale.left + scale.width && y > scale.above && y < scale.above + scale.height;
      const at = [Math.max(scale.left, Math.min(scale.left + scale.width, x)), Math.max(scale.above, Math.min(scale.above + scale.height, y))];
      const dot = this.dot(svg, at, place === now ? 7 : 4, test[place], place === now ? "now" : "trail");
      if (place === now && !inside) make("text", { x: at[0] + (at[0] > total / 2 ? -11 : 11), y: at[1] + 4, class: "off", "text-anchor": at[0] > total / 2 ? "end" : "start" }, svg, "off this view");
      dot.style.opacity = place === now ? 1 : 0.25 + (0.5 * (place - now + TRAIL)) / TRAIL;
    }
    box.replaceChildren(svg);
    const words = (axis) => ["red", "green", "blue"].map((name, channel) => {
      const share = Number(axis[channel].toFixed(2));
      return `${share < 0 ? "−" : channel ? "+" : ""}${Math.abs(share).toFixed(2)} ${name}`;
    }).join(" ");
    const [first, second] = this.of("explained");
    this.find("axes").textContent = first === 0 ? "This colour never changed in training; across: grey, up: red minus green."
      : `The plane in which its training colours spread most, in levels of 255. Across: ${words(axes[0])} (${percent(first)} of the spread). Up: ${words(axes[1])} (${percent(second)}).`;
    const taken = this.of(`n_iter.${this.model}`)[0];
    this.find("after").textContent = `after ${step.iteration} of ${taken} iteration${taken === 1 ? "" : "s"}`;
  }

  /** A scale with equal units across and up, so that a circle is a circle. */
  scaled(box, points) {
    const scale = { left: 40, above: 8, width: box.clientWidth - 48 };
    scale.height = Math.round(Math.min(scale.width, 340));
    scale.high = scale.height + 36;
    const range = (axis) => [Math.min(...points.map((point) => point[axis])), Math.max(...points.map((point) => point[axis]))];
    const [left, right] = range(0), [bottom, top] = range(1);
    const unit = Math.min(scale.width / Math.max(6, 1.3 * (right - left)), scale.height / Math.max(6, 1.3 * (top - bottom)));
    scale.unit = unit;
    scale.centre = [(left + right) / 2, (bottom + top) / 2];
    scale.to = ([x, y]) => [scale.left + scale.width / 2 + (x - scale.centre[0]) * unit, scale.above + scale.height / 2 - (y - scale.centre[1]) * unit];
    return scale;
  }

  frameAxes(svg, scale) {
    const { left, above, width, height, unit, centre } = scale;
    make("rect", { class: "box", x: left, y: above, width, height }, svg);
    const step = [0.5, 1, 2, 5, 10, 20, 50, 100].find((size) => size * unit >= 50) || 100;
    for (let value = Math.ceil((centre[0] - width / 2 / unit) / step) * step; value <= centre[0] + width / 2 / unit; value += step) {
      const x = scale.to([value, 0])[0];
      make("line", { class: "grid", x1: x, x2: x, y1: above, y2: above + height }, svg);
      make("text", { x, y: above + height + 16, "text-anchor": "middle" }, svg, signed(value, step < 1 ? 1 : 0));
    }
    for (let value = Math.ceil((centre[1] - height / 2 / unit) / step) * step; value <= centre[1] + height / 2 / unit; value += step) {
      const y = scale.to([0, value])[1];
      make("line", { class: "grid", x1: left, x2: left + width, y1: y, y2: y }, svg);
      make("text", { x: left - 5, y: y + 4, "text-anchor": "end" }, svg, signed(value, step < 1 ? 1 : 0));
    }
  }

  dot(svg, [x, y], radius, colour, kind) {
    return make("circle", { class: kind, cx: x.toFixed(1), cy: y.toFixed(1), r: radius, fill: `rgb(${colour.join(" ")})`, "data-colour": colour.join(" ") }, svg);
  }

  ellipse(svg, scale, { weight, x, y, a, b, c }, place) {
    const points = Array.from({ length: 49 }, (_, place) => {
      const angle = (place * Math.PI) / 24;
      const [across, up] = [SPREAD * Math.cos(angle), SPREAD * Math.sin(angle)];
      return scale.to([x + a * across, y + b * across + c * up]).map((value) => value.toFixed(1)).join(",");
    });
    const clip = { left: scale.left, right: scale.left + scale.width, top: scale.above, bottom: scale.above + scale.height };
    make("polyline", { class: "ellipse", points: points.join(" "), "stroke-width": (1 + 2 * weight).toFixed(1) }, svg);
    const [cx, cy] = scale.to([x, y]);
    if (cx < clip.left || cx > clip.right || cy < clip.top || cy > clip.bottom) return;
    make("path", { class: "mean", d: `M${cx - 5} ${cy}h10M${cx} ${cy - 5}v10` }, svg);
    make("text", { class: "weight", x: Math.min(cx + 8, clip.right - 40), y: Math.max(clip.top + 14, cy + (place % 2 ? 19 : -9)) }, svg, percent(weight));
  }

  likelihood() {
    const box = this.find("likelihood"), total = box.clientWidth;
    if (!total || this.place === undefined) return;
    const left = 46, above = 10, width = total - left - 14, height = 150, high = height + 50;
    const lines = this.facts.models.map((model) => ({
      model, points: this.stepsOf(model.name).map(({ iteration, place }) => [iteration, this.of(`log_likelihood.${model.name}`)[place]]),
    }));
    // A start far below would flatten all the rest: the scale begins where the first iteration has led.
    const values = lines.flatMap(({ points }) => points.slice(points.length > 1 ? 1 : 0).map(([, value]) => value));
    const top = Math.max(...values), bottom = Math.min(...values, top - 0.1);
    const most = Math.max(2, ...lines.flatMap(({ points }) => points.map(([iteration]) => iteration)));
    const x = (iteration) => left + (Math.log1p(iteration) / Math.log1p(most)) * width;
    const y = (value) => above + (1 - (value - bottom) / (top - bottom)) * height;
    const svg = make("svg", { width: total, height: high, role: "img", "aria-label": "Log-likelihood of this pixel's fit by iteration, for every model" });
    for (const value of [bottom, (bottom + top) / 2, top]) {
      make("line", { class: "grid", x1: left, x2: left + width, y1: y(value), y2: y(value) }, svg);
      make("text", { x: left - 5, y: y(value) + 4, "text-anchor": "end" }, svg, signed(value, top - bottom < 1 ? 2 : 1));
    }
    for (const iteration of [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter((tick) => tick <= most)) {
      if (iteration && x(iteration) - x(0) < 20) continue;
      make("text", { x: x(iteration), y: above + height + 18, "text-anchor": "middle" }, svg, iteration);
    }
    make("text", { x: left + width / 2, y: high - 6, "text-anchor": "middle" }, svg, "iteration");
    const plot = make("svg", { x: 0, y: above - 4, width: total, height: height + 8, viewBox: `0 ${above - 4} ${total} ${height + 8}` }, svg);
    for (const { model, points } of lines) {
      const line = make("polyline", { class: "curve", "stroke-dasharray": model.dashes, points: points.map(([iteration, value]) => `${x(iteration)},${y(value)}`).join(" ") }, plot);
      line.style.setProperty("--c", model.colour);
      const [end, value] = points.at(-1);
      make("circle", { class: "end", cx: x(end), cy: y(value), r: 4 }, svg).style.setProperty("--c", model.colour);
    }
    const step = this.steps[Number(this.find("iteration").value)];
    make("line", { class: "cursor", x1: x(step.iteration), x2: x(step.iteration), y1: above, y2: above + height }, svg);
    box.replaceChildren(svg);
  }

  /** One row per method, drawn once: its strip is filled for each pixel. */
  strips() {
    const table = this.find("strips");
    const rows = this.facts.methods.map(({ name, label, colour }) => ({ name, label, colour }));
    if (this.arrays.truth) rows.unshift({ name: "truth", label: "ground truth", colour: "var(--truth)" });
    for (const { name, label, colour } of rows) {
      const row = make("tr", { "data-row": name }, table);
      make("th", { scope: "row" }, row, label);
      const svg = make("svg", { viewBox: `0 0 ${this.player.last + 1} 1`, preserveAspectRatio: "none", role: "img" }, make("td", { class: "strip" }, row));
      svg.style.setProperty("--c", colour);
      make("td", { class: "says" }, row);
    }
  }

  rowOf(name) { return this.root.querySelector(`tr[data-row="${CSS.escape(name)}"]`); }

  strip(name, codes) {
    const svg = this.rowOf(name).querySelector("svg");
    svg.replaceChildren();
    for (let start = 0, end; start < codes.length; start = end) {
      for (end = start + 1; end < codes.length && codes[end] === codes[start];) end++;
      make("rect", { class: `code${codes[start]}`, x: start, y: 0, width: end - start, height: 1 }, svg);
    }
    make("line", { class: "cursor", y1: 0, y2: 1 }, svg);
    const share = codes.reduce((sum, code) => sum + (code === this.player.painter.code.foreground), 0);
    svg.setAttribute("aria-label", `foreground in ${share} of ${codes.length} frames`);
  }

  /** Follow the player: the present sample, the cursor on the strips, what each rule says. */
  follow() {
    if (this.place === undefined) return;
    const now = this.player.index;
    for (const row of this.root.querySelectorAll("tr[data-row]")) {
      const cursor = row.querySelector(".cursor"), name = row.dataset.row;
      cursor.setAttribute("x1", now + 0.5);
      cursor.setAttribute("x2", now + 0.5);
      const code = name === "truth" ? this.of("truth")[now] : this.of(`decisions.${name}`)[now];
      row.querySelector(".says").textContent = this.says(name, code, now);
    }
    this.scatter();
    this.find("words").textContent = this.sentence(now);
  }

  says(name, code, now) {
    const decision = this.facts.codes[code];
    const method = this.facts.methods.find((one) => one.name === name);
    if (!method || !this.arrays[`scores.${name}`]) return decision;
    const score = this.of(`scores.${name}`)[now];
    const above = score > method.threshold;
    const cleaned = above === (decision === "foreground") ? "" : " before the clean-up";
    return `${decision}: ${score.toFixed(method.decimals)} ${above ? ">" : "≤"} ${method.threshold} ${method.unit}${cleaned}`;
  }

  sentence(now) {
    const model = this.model, taken = this.of(`n_iter.${model}`)[0], flags = this.of(`flags.${model}`)[0];
    const label = this.facts.models.find(({ name }) => name === model).label;
    const parts = this.components(model, this.data.steps[model].length - 1);
    const heaviest = Math.max(...parts.map(({ weight }) => weight));
    const background = Array.from(this.of(`background.${model}`), Math.round);
    const colour = this.colours("test")[now];
    const causes = this.facts.flags.filter(([bit]) => flags & bit).map(([, words]) => words);
    const marking = this.facts.methods.filter(({ name }) => this.of(`decisions.${name}`)[now] === this.player.painter.code.foreground).length;
    const ran = taken === 0 ? "solved without an iteration" : `stopped after ${taken} iteration${taken === 1 ? "" : "s"}`;
    return `Column ${this.column}, row ${this.row}. Of its ${this.arrays.train.shape[1]} training colours the ${label} puts ${percent(heaviest)} `
      + `into its heaviest Gaussian, and takes the mean of that, rgb(${background.join(", ")}), for the background; it ${ran}`
      + `${causes.length ? ` (${causes.join("; ")})` : ""}. In frame ${this.player.frame} the pixel is rgb(${colour.join(", ")}): `
      + `${marking === 0 ? "no method marks" : `${marking} of ${this.facts.methods.length} methods mark${marking === 1 ? "s" : ""}`} it.`;
  }
}
