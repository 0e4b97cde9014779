// Cost and step of every iteration, on logarithmic scales.
const kSvg = 'http://www.w3.org/2000/svg';

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function bandsOf(iterations) {
  const bands = [];
  iterations.forEach((step, i) => {
    const name = step.candidates > 0 ? 'search' : `${step.width}×${step.height}`;
    const last = bands[bands.length - 1];
    if (last && last.name === name) last.end = i + 1;
    else bands.push({name, begin: i, end: i + 1});
  });
  return bands;
}

function plot(title, words, valueOf) {
  const {iterations} = data;
  const [width, height, left, bottom, top] = [560, 250, 52, 26, 22];
  const values = iterations.map(valueOf);
  const logs = values.filter((value) => value > 0).map(Math.log10);
  let low = Math.floor(Math.min(...logs)), high = Math.ceil(Math.max(...logs));
  if (!(high > low)) { low -= 1; high += 1; }
  const x = (i) => left + (i + 0.5) / iterations.length * (width - left - 8);
  const edge = (i) => left + i / iterations.length * (width - left - 8);
  const y = (value) => top + (high - Math.log10(value)) / (high - low) * (height - top - bottom);
  const picture = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img',
    'aria-label': `${title}: ${iterations.length} iterations, from ${shownNumber(values[0])} to ` +
      shownNumber(values[values.length - 1])});
  bandsOf(iterations).forEach((band, i) => {
    const [from, to] = [edge(band.begin), edge(band.end)];
    if (i % 2 === 0) picture.append(svg('rect', {class: 'band', x: from, y: top, width: to - from,
      height: height - top - bottom}));
    if (to - from > 6.2 * band.name.length) {
      picture.append(svg('text', {x: (from + to) / 2, y: top - 7, 'text-anchor': 'middle'}, band.name));
    }
  });
  const every = Math.ceil((high - low) / 6);
  for (let power = low; power <= high; power += every) {
    const at = y(10 ** power);
    picture.append(svg('line', {class: 'axis', x1: left, x2: width - 8, y1: at, y2: at}),
      svg('text', {x: left - 6, y: at + 4, 'text-anchor': 'end'},
        Math.abs(power) <= 3 ? String(Number((10 ** power).toPrecision(1))) : '1e' + power));
  }
  picture.append(svg('text', {x: (left + width) / 2, y: height - 6, 'text-anchor': 'middle'},
    `${iterations.length} iterations, coarse pictures to fine ones`));
  for (const band of bandsOf(iterations)) {
    let line = '';
    for (let i = band.begin; i < band.end; ++i) {
      if (values[i] > 0 && iterations[i].accepted) line += `${line ? 'L' : 'M'}${x(i)} ${y(values[i])}`;
    }
    if (line) picture.append(svg('path', {class: 'line', d: line}));
  }
  iterations.forEach((step, i) => {
    if (!(values[i] > 0)) return;
    const taken = step.accepted || step.candidates > 0;
    picture.append(svg('circle', {class: taken ? 'taken' : 'refused', cx: x(i), cy: y(values[i]), r: 2.6},
      svg('title', {}, `iteration ${step.iteration} at ${step.width}×${step.height} px: ` +
        `${shownNumber(values[i])}${taken ? '' : ' (refused)'}`)));
  });
  return el('figure', {class: 'plot'}, el('figcaption', {}, el('b', {}, title), ' ' + words), picture);
}

function showPlots() {
  const {iterations} = data;
  if (!iterations.some((step) => step.cost > 0)) {
    byId('plots').append(el('p', {class: 'hint'}, 'No iterations were recorded.'));
    return;
  }
  byId('plots').append(plot('Cost', '½ Σ (rendering − mask)², in pixels of its level', (step) => step.cost));
  if (iterations.some((step) => step.step > 0)) {
    byId('plots').append(plot('Step', 'how far it moved the outline at most, px of its level; ' +
      'hollow: refused', (step) => step.step));
  }
}
