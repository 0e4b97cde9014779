// What all parts of the page use. Texts of the data only ever become text nodes or attributes.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

// Lines of points in px of a view: [[x0, y0, x1, y1, …], …], with `first`, the line's first point.
function linesOf(outline, width, height) {
  const xy = new Uint16Array(bytesOf(outline.xy));
  const count = xy.length / 2;
  return outline.starts.map((first, i) => {
    const end = i + 1 < outline.starts.length ? outline.starts[i + 1] : count;
    const points = new Float32Array(2 * (end - first));
    for (let k = 0; k < end - first; ++k) {
      points[2 * k] = xy[2 * (first + k)] / 65535 * width;
      points[2 * k + 1] = xy[2 * (first + k) + 1] / 65535 * height;
    }
    return {first, points};
  });
}

const cssColor = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function shownNumber(value) {
  if (value === null || value === undefined) return '–';
  return Number(value.toPrecision(6)).toString();
}

// What every part may have to draw anew; each part adds its own.
const state = {pose: data.poses.length - 1, other: -1, misfit: true, range: 1, behind: 'photo'};
const redraws = [];
const redraw = () => redraws.forEach((draw) => draw());
const isFinal = () => state.other < 0 && state.pose === data.poses.length - 1;
