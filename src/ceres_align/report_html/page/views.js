// The views' cards and what controls all of them together.
const kRanges_px = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 100];
const pictures = [];

function viewFigures(view) {
  const figures = (data.figures.views || []).find((candidate) => candidate.name === view.name);
  if (!figures) return '';
  const contour = figures.contour || {};
  const words = [`${view.width} × ${view.height} px`];
  if (figures.mask_empty) words.push('empty mask');
  if (figures.iou !== null) words.push('IoU ' + figures.iou.toFixed(4));
  if (typeof contour.p80_px === 'number') words.push(`80 % within ${contour.p80_px.toFixed(2)} px`);
  return words.join(' · ');
}

function viewCard(view) {
  const picture = new Picture(view);
  pictures.push(picture);
  const button = (text, label, action) => el('button', {type: 'button', 'aria-label':
    `${label}: ${view.name}`, title: label, onclick: () => { action(); picture.draw(); }}, text);
  return el('article', {class: 'view'},
    el('div', {class: 'head'}, el('h3', {}, view.name),
      el('span', {class: 'figures'}, viewFigures(view)),
      button('−', 'Zoom out', () => picture.zoomBy(0.7)),
      button('+', 'Zoom in', () => picture.zoomBy(1 / 0.7)),
      button('Fit', 'Whole picture', () => picture.fit()),
      button('Object', 'Zoom to the object', () => picture.fitObject())),
    picture.canvas);
}

// Such that most of the outline is well within the scale.
function usualRange() {
  const misfit = data.figures.misfit || {};
  const wanted = 2 * (misfit.p90_px || 0.25);
  return kRanges_px.find((range) => range >= wanted) || kRanges_px[kRanges_px.length - 1];
}

function showKey() {
  const key = byId('misfit-key');
  const stops = [];
  for (let i = 0; i <= 10; ++i) stops.push(misfitColor(i / 5 - 1));
  key.style.background = `linear-gradient(to right, ${stops.join(', ')})`;
  const texts = [['0', `−${state.range} px mesh larger`], ['50%', '0'], ['100%', `mask larger +${state.range} px`]];
  key.replaceChildren(...texts.map(([left, text], i) => {
    const mark = el('span', {}, text);
    mark.style.left = left;
    mark.style.transform = `translateX(${-50 * i}%)`;
    return mark;
  }));
  key.hidden = !(state.misfit && isFinal());
}

function showPose(pose, other = -1) {
  state.pose = pose;
  state.other = other;
  byId('pose').value = pose;
  byId('other').value = String(other);
  const label = other >= 0 ? data.others[other] : data.poses[pose];
  byId('pose-label').textContent = label;
  byId('pose').setAttribute('aria-valuetext', label);
  redraw();
}

let playing = null;
function play() {
  if (playing !== null) {
    clearInterval(playing);
    playing = null;
  } else {
    showPose(0);
    playing = setInterval(() => {
      showPose(Math.min(state.pose + 1, data.poses.length - 1));
      if (isFinal()) play();
    }, 160);
  }
  byId('play').textContent = playing === null ? 'Play' : 'Pause';
}

function showViews() {
  for (const view of data.views) byId('views').append(viewCard(view));
  pictures.forEach((picture) => picture.fitObject());
  if (data.views.length < data.num_views) {
    byId('views-left-out').textContent =
      `The ${data.views.length} of ${data.num_views} views that fit worst are shown.`;
  }
  byId('behind-label').hidden = !data.views.some((view) => view.photo);
  byId('behind').addEventListener('change', (event) => {
    state.behind = event.target.value;
    redraw();
  });
  state.range = usualRange();
  const range = byId('misfit-range');
  for (const px of kRanges_px) range.append(el('option', {value: px}, px + ' px'));
  range.value = String(state.range);
  range.addEventListener('change', () => { state.range = Number(range.value); redraw(); });
  byId('show-misfit').addEventListener('change', (event) => {
    state.misfit = event.target.checked;
    redraw();
  });
  const slider = byId('pose'), last = data.poses.length - 1;
  slider.max = last;
  slider.addEventListener('input', () => showPose(Number(slider.value)));
  byId('to-start').addEventListener('click', () => showPose(0));
  byId('to-final').addEventListener('click', () => showPose(last));
  byId('play').addEventListener('click', play);
  const other = byId('other');
  other.append(el('option', {value: -1}, 'none'));
  data.others.forEach((label, i) => other.append(el('option', {value: i}, label)));
  other.addEventListener('change', () => showPose(last, Number(other.value)));
  byId('other-label').hidden = data.others.length === 0;
  redraws.push(showKey, () => pictures.forEach((picture) => picture.draw()));
  window.addEventListener('resize', redraw);
  showPose(last);
}
