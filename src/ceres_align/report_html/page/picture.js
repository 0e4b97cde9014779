// One view: its mask or photograph, the outline on it, zoom and move.
const kMaskColor = '#76818f', kPoseColor = '#ffd23f', kPlainColor = '#f4f7f0', kSteps = 24;

// −1: the mesh reaches beyond the mask; 1: the mask is larger.
function misfitColor(t) {
  const low = [58, 152, 255], middle = [238, 250, 232], high = [255, 122, 24];
  const end = t < 0 ? low : high, s = Math.min(1, Math.abs(t));
  return `rgb(${middle.map((m, i) => Math.round(m + s * (end[i] - m))).join(',')})`;
}

class Picture {
  constructor(view) {
    this.view = view;
    this.canvas = el('canvas', {tabindex: 0, role: 'img', 'aria-label':
      `View ${view.name}: what the camera saw, with the mesh's outline`});
    this.canvas.style.aspectRatio = String(Math.max(0.8, view.width / view.height));
    this.lines = linesOf(view.final, view.width, view.height);
    this.misfit = new Int16Array(bytesOf(view.final.misfit));
    this.images = {};
    this.fit();
    this.listen();
    this.load('mask');
    if (view.photo) this.load('photo');
  }

  load(kind) {
    const image = new Image();
    image.onload = () => {
      this.images[kind] = kind === 'mask' ? this.tinted(image) : image;
      this.draw();
    };
    image.src = this.view[kind];
  }

  // White becomes gray, so that the outline stands out on it.
  tinted(image) {
    const canvas = el('canvas', {width: image.naturalWidth, height: image.naturalHeight});
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    context.globalCompositeOperation = 'multiply';
    context.fillStyle = kMaskColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    return canvas;
  }

  fit() {
    this.zoom = 1;
    this.center = [this.view.width / 2, this.view.height / 2];
  }

  // To the final outline and the start's, as far as they are in the picture.
  fitObject() {
    const {view, canvas} = this;
    const start = linesOf(view.poses[0], view.width, view.height);
    const box = [view.width, view.height, 0, 0];
    for (const {points} of [...this.lines, ...start]) {
      for (let i = 0; i < points.length; i += 2) {
        box[0] = Math.min(box[0], points[i]);
        box[2] = Math.max(box[2], points[i]);
        box[1] = Math.min(box[1], points[i + 1]);
        box[3] = Math.max(box[3], points[i + 1]);
      }
    }
    this.fit();
    if (!(box[2] > box[0]) || canvas.clientWidth === 0) return;
    this.center = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    this.zoom = 0.9 * Math.min(canvas.clientWidth / (box[2] - box[0]),
      canvas.clientHeight / (box[3] - box[1])) / this.scale();
  }

  // CSS px per px of the view.
  scale() {
    const {clientWidth, clientHeight} = this.canvas;
    return this.zoom * Math.min(clientWidth / this.view.width, clientHeight / this.view.height);
  }

  zoomBy(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.scale();
    this.zoom = Math.min(400, Math.max(0.5, this.zoom * factor));
    const after = this.scale();
    const dx = x - this.canvas.clientWidth / 2, dy = y - this.canvas.clientHeight / 2;
    this.center[0] += dx / before - dx / after;
    this.center[1] += dy / before - dy / after;
    this.draw();
  }

  moveBy(dx, dy) {
    this.center[0] -= dx / this.scale();
    this.center[1] -= dy / this.scale();
    this.draw();
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      this.zoomBy(Math.exp(-event.deltaY / 300), event.offsetX, event.offsetY);
    }, {passive: false});
    canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons & 1) this.moveBy(event.movementX, event.movementY);
    });
    canvas.addEventListener('dblclick', () => { this.fitObject(); this.draw(); });
    canvas.addEventListener('keydown', (event) => {
      const moves = {ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40]};
      if (event.key === '+' || event.key === '=') this.zoomBy(1.25);
      else if (event.key === '-') this.zoomBy(0.8);
      else if (event.key === '0') { this.fit(); this.draw(); }
      else if (moves[event.key]) this.moveBy(...moves[event.key]);
      else return;
      event.preventDefault();
    });
  }

  // Pieces of the final outline by colour: [[colour, Path2D], …].
  coloredPaths() {
    if (this.colored && this.coloredRange === state.range) return this.colored;
    const paths = new Map();
    for (const {first, points} of this.lines) {
      let last = null;
      for (let i = 0; i + 3 < points.length; i += 2) {
        const k = first + i / 2;
        const off = (this.misfit[k] + this.misfit[k + 1]) / 512 / state.range;
        const step = Math.round(kSteps * Math.max(-1, Math.min(1, off)));
        if (!paths.has(step)) paths.set(step, new Path2D());
        const path = paths.get(step);
        if (step !== last) path.moveTo(points[i], points[i + 1]);
        path.lineTo(points[i + 2], points[i + 3]);
        last = step;
      }
    }
    this.colored = [...paths].sort((a, b) => Math.abs(a[0]) - Math.abs(b[0]))
      .map(([step, path]) => [misfitColor(step / kSteps), path]);
    this.coloredRange = state.range;
    return this.colored;
  }

  plainPath(lines) {
    const path = new Path2D();
    for (const {points} of lines) {
      for (let i = 0; i < points.length; i += 2) {
        if (i === 0) path.moveTo(points[0], points[1]);
        else path.lineTo(points[i], points[i + 1]);
      }
    }
    return path;
  }

  outlines() {
    if (isFinal()) {
      return state.misfit ? this.coloredPaths() : [[kPlainColor, this.plainPath(this.lines)]];
    }
    const {view} = this;
    const outline = state.other >= 0 ? view.others[state.other] : view.poses[state.pose];
    return [[kPoseColor, this.plainPath(linesOf(outline, view.width, view.height))]];
  }

  draw() {
    const {canvas, view} = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (width === 0 || height === 0) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d');
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = ratio * this.scale();
    context.setTransform(scale, 0, 0, scale, width / 2 - scale * this.center[0],
      height / 2 - scale * this.center[1]);
    const image = this.images[state.behind === 'photo' && view.photo ? 'photo' : 'mask'];
    context.imageSmoothingEnabled = scale < 4;
    if (image) context.drawImage(image, 0, 0, view.width, view.height);
    context.lineWidth = ratio / scale;
    context.strokeStyle = '#565f6b';
    context.strokeRect(0, 0, view.width, view.height);
    context.lineJoin = context.lineCap = 'round';
    const paths = this.outlines();
    context.lineWidth = 4 * ratio / scale;  // a dark rim sets the line off from any photograph
    context.strokeStyle = 'rgba(0,0,0,.55)';
    for (const [, path] of paths) context.stroke(path);
    context.lineWidth = 2 * ratio / scale;
    for (const [color, path] of paths) {
      context.strokeStyle = color;
      context.stroke(path);
    }
  }
}
