// What the page carries as text, as arrays: see bgsub/report/payload.py for the formats.
"use strict";

/** The JSON that a script element of this id holds. */
const dataOf = (id) => JSON.parse(document.getElementById(id).textContent);

/** Bytes of a zlib stream in base64. */
async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Numbers of 16-bit floats. */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
  return bits >> 15 ? -size : size;
}

const TYPES = {
  int16: Int16Array, uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array, float16: Uint16Array,
};

/** The arrays of a block, by name: `values` in row order and `shape`. */
async function unpackArrays(block) {
  const bytes = await inflate(block.data);
  const unpacked = {};
  for (const [name, { type, shape, offset }] of Object.entries(block.arrays)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = new TYPES[type](bytes.buffer, offset, count);
    unpacked[name] = { shape, values: type === "float16" ? Float32Array.from(values, fromHalf) : values };
  }
  return unpacked;
}

/** Images of run lengths. */
async function unpackRuns(text, pixels) {
  const bytes = await inflate(text);
  const images = [];
  let ends = [], codes = [], at = 0;
  for (let place = 0; place < bytes.length;) {
    let number = 0, shift = 0, byte;
    do {
      byte = bytes[place++];
      number += (byte & 127) * 2 ** shift;
      shift += 7;
    } while (byte > 127);
    at += Math.floor(number / 4);
    ends.push(at);
    codes.push(number % 4);
    if (at === pixels) {
      images.push(new RunMask(Uint32Array.from(ends), Uint8Array.from(codes)));
      ends = [], codes = [], at = 0;
    }
  }
  return images;
}

/** A new element with attributes, in a parent if one is given. */
function make(tag, attributes = {}, parent = null, text = null) {
  const svg = ["svg", "g", "path", "line", "text", "rect", "circle", "polyline", "title"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== null) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

/** A number with a true minus sign. */
function signed(value, digits) {
  return value.toFixed(digits).replace("-", "\u2212");
}

/** A share as percent, in the page's way. */
function percent(share) {
  const value = 100 * share;
  if (value > 0 && value < 0.05) return "<0.1\u00a0%";
  return `${value.toFixed(value === 0 || value === 100 || (value >= 10 && value < 99) ? 0 : 1)}\u00a0%`;
}
