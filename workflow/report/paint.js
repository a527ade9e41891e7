// Masks as colours over a picture: whole, as outlines, or beside the ground truth.
"use strict";

const GREY = [150, 150, 150], TRUTH_COLOUR = [255, 233, 74];
const ERRORS = { hit: [255, 255, 255], missed: [230, 50, 170], false: [60, 150, 255], shadow: [255, 190, 40] };
const DASH = 6; // pixels of one outline, then of the next, where several lie on each other

const rgb = (hex) => [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
const opaque = ([red, green, blue]) => 0xff000000 | (blue << 16) | (green << 8) | red;

/** A mask of run lengths: for each run the pixel after its end, and its code. */
class RunMask {
  constructor(ends, codes) { Object.assign(this, { ends, codes }); }

  /** Fill an image's values; `table` gives the value of each code. */
  fill(values, table) {
    let start = 0;
    for (let run = 0; run < this.ends.length; run++) {
      values.fill(table[this.codes[run]], start, this.ends[run]);
      start = this.ends[run];
    }
  }
}

class Painter {
  /** `codes`: names of the values of masks and ground truth, in order. */
  constructor(width, height, codes) {
    Object.assign(this, { width, height, names: codes, pixels: width * height });
    this.code = Object.fromEntries(codes.map((name, code) => [name, code]));
    this.scratch = make("canvas", { width, height });
    this.painted = new ImageData(width, height);
    this.colours = new Uint32Array(this.painted.data.buffer);
    this.codes = new Uint8Array(this.pixels);
    this.truthCodes = new Uint8Array(this.pixels);
    this.own = Object.keys(codes).map(Number);
  }

  /** Lay the painted picture over a context. */
  lay(context, alpha) {
    this.scratch.getContext("2d").putImageData(this.painted, 0, 0);
    context.globalAlpha = alpha;
    context.drawImage(this.scratch, 0, 0);
    context.globalAlpha = 1;
  }

  mask(context, mask, colour, alpha) {
    const paint = { shadow: opaque(GREY), foreground: opaque(rgb(colour)) };
    mask.fill(this.colours, this.names.map((name) => paint[name] || 0));
    this.lay(context, alpha);
  }

  /** Lay outlines, each `{ mask, colour }`, over a context; where several meet, they take turns as dashes. */
  outlines(context, outlined, radius) {
    const { width, codes, colours } = this, { foreground } = this.code;
    const owners = new Uint32Array(this.pixels);
    const inside = (place) => codes[place] === foreground;
    outlined.forEach(({ mask }, bit) => {
      mask.fill(codes, this.own);
      for (let place = 0; place < this.pixels; place++) {
        if (!inside(place)) continue;
        const x = place % width;
        for (let far = 1; far <= radius; far++) {
          if (x < far || x >= width - far || !inside(place - far) || !inside(place + far)
            || !inside(place - far * width) || !inside(place + far * width)) owners[place] |= 1 << bit;
        }
      }
    });
    colours.fill(0);
    const paint = outlined.map(({ colour }) => opaque(colour));
    for (let place = 0; place < this.pixels; place++) {
      if (!owners[place]) continue;
      const here = paint.filter((_, bit) => owners[place] & (1 << bit));
      const along = place % width + Math.floor(place / width);
      colours[place] = here[Math.floor(along / (DASH * radius)) % here.length];
    }
    this.lay(context, 1);
  }

  /** Lay what a mask gets right and wrong over a context, and count it. */
  errors(context, mask, truth, alpha) {
    const { codes, truthCodes, colours } = this, { foreground, shadow, unknown } = this.code;
    const count = { hit: 0, missed: 0, false: 0, shadow: 0 };
    const paint = Object.fromEntries(Object.entries(ERRORS).map(([name, colour]) => [name, opaque(colour)]));
    mask.fill(codes, this.own);
    truth.fill(truthCodes, this.own);
    for (let place = 0; place < this.pixels; place++) {
      const real = truthCodes[place], marked = codes[place] === foreground;
      const error = real === unknown ? null
        : real === foreground ? (marked ? "hit" : "missed")
        : !marked ? null : real === shadow ? "shadow" : "false";
      colours[place] = error ? paint[error] : 0;
      if (error) count[error]++;
    }
    this.lay(context, alpha);
    return count;
  }
}

/** Shows one after another of `count` pictures, as many per second as it is told; skips some if they are slow. */
class Ticker {
  /** `show` takes the place of a picture, and is waited for. */
  constructor(count, show) { Object.assign(this, { count, show, run: 0 }); }

  start(from, rate) {
    const run = ++this.run, began = performance.now();
    let shown = from;
    const tick = async (now) => {
      if (run !== this.run) return;
      const place = (from + Math.max(0, Math.floor(((now - began) / 1000) * rate))) % this.count;
      if (place !== shown) await this.show((shown = place));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  stop() { this.run++; }
}
