// Sliders over a method's thresholds, or MOG2's histories: masks, curves and scores of every place of a slider.
"use strict";

/** A mask of codes, one for each pixel. */
class CodeMask {
  constructor(codes) { this.codes = codes; }

  fill(values, table) { for (let place = 0; place < values.length; place++) values[place] = table[this.codes[place]]; }
}

/** The mask of all pixels that are above more thresholds than a slider's place says. */
class LevelMask {
  constructor(levels, place, code) { Object.assign(this, { levels, place, code }); }

  fill(values, table) {
    const { levels, place } = this, above = table[this.code.foreground], below = table[this.code.background];
    for (let pixel = 0; pixel < values.length; pixel++) values[pixel] = levels[pixel] > place ? above : below;
  }
}

class Live {
  /** `data`: what bgsub/report/live.py packed. */
  constructor(root, data, player) {
    Object.assign(this, { root, player, sliders: data.sliders, moved: new Map() });
  }

  async start() {
    for (const slider of this.sliders) {
      slider.method = this.player.facts.methods.find(({ name }) => name === slider.method);
      slider.area = (await unpackArrays(slider.area)).area;
      slider.opened = new Map();
      this.row(slider);
    }
    this.player.live = this;
    this.root.hidden = !this.sliders.length;
    this.root.querySelector('[data-part="reset"]').addEventListener("click", () => this.reset());
  }

  row(slider) {
    const { method, values, configured, best } = slider;
    const row = make("div", { class: "live", "data-live": method.name });
    const head = make("div", { class: "head" }, row);
    make("i", { class: "swatch", style: `--c: ${method.colour}` }, head);
    make("b", {}, head, method.label);
    slider.value = make("output", {}, head);
    slider.score = make("span", { class: "score", "data-part": "score" }, row);
    const track = make("div", { class: "track" }, row);
    slider.input = make("input", { type: "range", min: 0, max: values.length - 1, step: 1, value: configured,
      "aria-label": `${slider.kind === "history" ? "History" : "Threshold"} of ${method.label}` }, track);
    const mark = (place, kind, letter) => {
      const at = values.length > 1 ? place / (values.length - 1) : 0.5;
      make("span", { class: `mark ${kind}`, style: `--at: ${at}`, "aria-hidden": "true" }, track, letter);
    };
    mark(configured, "configured", best === configured ? "▲◆" : "▲");
    if (best !== null && best !== configured) mark(best, "best", "◆");
    slider.input.addEventListener("input", () => this.move(slider, Number(slider.input.value)));
    this.say(slider, configured);
    this.root.querySelector('[data-part="rows"]').append(row);
  }

  say(slider, place) {
    const value = +slider.values[place].toFixed(2);
    const where = place === slider.configured ? ", as configured" : place === slider.best ? ", best on this clip" : "";
    const words = slider.kind === "history" ? `history ${value}` : `${value} ${slider.unit}`;
    slider.value.textContent = words;
    slider.score.textContent = slider.said ? `F ${slider.said[place][0]} · P ${slider.said[place][1]} · R ${slider.said[place][2]}` : "";
    slider.input.setAttribute("aria-valuetext", [words + where, slider.score.textContent].filter(Boolean).join("; "));
  }

  /** Show a method at a place of its slider; where it is configured, the masks that were made are shown. */
  async move(slider, place) {
    const { method } = slider;
    slider.place = place;
    this.say(slider, place);
    if (place === slider.configured) this.moved.delete(method.name);
    else this.moved.set(method.name, slider);
    await this.prepare(this.player.index, method.name);
    if (slider.place === place) this.player.moveMethod(method.name, this.shares(slider, place));
  }

  reset() {
    for (const slider of this.sliders) {
      slider.input.value = slider.configured;
      this.move(slider, slider.configured);
    }
  }

  /** Shares that a method marks at a place of its slider, with the gaps of those measured; null for these. */
  shares(slider, place) {
    if (place === slider.configured) return null;
    const frames = slider.area.shape[1];
    let at = place * frames;
    return this.player.facts.area[slider.method.name].map((measured) => (measured === null ? null : slider.area.values[at++]));
  }

  /** Open what the moved methods, or one of them, need for a shown frame. */
  async prepare(index, only = null) {
    for (const [name, slider] of this.moved) {
      if (only !== null && name !== only) continue;
      if (slider.levels && !slider.opened.has(index)) {
        if (slider.opened.size > AHEAD) slider.opened.clear();
        slider.opened.set(index, this.enlarged(await inflate(slider.levels[index]), slider.scale));
      }
      if (slider.masks && !slider.opened.has(slider.place)) {
        const { place } = slider, { width, height } = this.player.data;
        slider.opened.set(place, await unpackRuns(slider.masks[place], Math.ceil(width / slider.scale) * Math.ceil(height / slider.scale)));
      }
    }
  }

  /** A method's mask of a shown frame that is prepared, if its slider is moved. */
  mask(name, index) {
    const slider = this.moved.get(name);
    if (!slider) return null;
    const { code } = this.player.painter;
    if (slider.levels) return slider.opened.has(index) ? new LevelMask(slider.opened.get(index), slider.place, code) : null;
    const runs = slider.opened.get(slider.place)?.[index];
    if (!runs || slider.scale === 1) return runs || null;
    const small = new Uint8Array(runs.ends.at(-1));
    runs.fill(small, this.player.painter.own);
    return new CodeMask(this.enlarged(small, slider.scale));
  }

  /** An image in the player's size, of one in which a pixel stands for `scale` by `scale`. */
  enlarged(small, scale) {
    if (scale === 1) return small;
    const { width, height } = this.player.data, across = Math.ceil(width / scale);
    const image = new Uint8Array(width * height);
    for (let y = 0, place = 0; y < height; y++) {
      const row = Math.floor(y / scale) * across;
      for (let x = 0; x < width; x++) image[place++] = small[row + Math.floor(x / scale)];
    }
    return image;
  }
}
