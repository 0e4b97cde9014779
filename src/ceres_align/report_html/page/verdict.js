// Verdict first, in words, with what to do next.
function tile(value, words) {
  return el('div', {class: 'tile'}, el('b', {}, value), el('span', {}, words));
}

function checkList(checks) {
  const list = el('ul', {class: 'checks'});
  for (const check of checks) {
    list.append(el('li', {}, el('b', {}, check.name), ': ' + check.message));
  }
  return list;
}

function showVerdict() {
  const {verdict, figures} = data;
  const failed = verdict.checks.filter((check) => !check.passed);
  const passed = verdict.checks.filter((check) => check.passed);
  const box = el('div', {class: 'verdict ' + verdict.kind, 'data-kind': verdict.kind},
    el('h2', {id: 'headline'}, verdict.headline),
    el('p', {}, verdict.explanation),
    el('p', {class: 'accuracy'}, verdict.accuracy));
  const next = el('ul');
  for (const check of failed) {
    next.append(el('li', {}, el('b', {}, check.name), ': ' + check.message + '. ', check.advice));
  }
  for (const warning of figures.warnings || []) next.append(el('li', {}, 'Warning: ' + warning));
  if (failed.length === 0 && next.childElementCount === 0) {
    next.append(el('li', {}, 'Nothing: take rig_from_world or the views’ cam_from_world from ' +
      'result.json, or from the table at the end.'));
  }
  box.append(el('div', {class: 'next'}, el('b', {}, 'What to do next'), next));
  const tiles = el('div', {class: 'tiles'});
  const ious = data.figures.views.map((view) => view.iou).filter((iou) => iou !== null);
  if (ious.length > 0) {
    tiles.append(tile(Math.min(...ious).toFixed(4), 'overlap (IoU) of the worst view; 1 is best'));
  }
  const p80 = figures.misfit && figures.misfit.p80_px;
  if (p80 !== null && p80 !== undefined) {
    tiles.append(tile(p80.toFixed(2) + ' px', '80 % of the outline lie within'));
  }
  if (figures.accuracy) {
    tiles.append(tile(shownNumber(Number(figures.accuracy.rotation_deg.toPrecision(2))) + '°',
      'rotation, 90 %'));
    tiles.append(tile(Number(figures.accuracy.translation_percent_of_distance.toPrecision(2)) + ' %',
      'of the distance, position, 90 %'));
  }
  if (figures.errors) {
    tiles.append(tile(Number(figures.errors.rotation_deg.toPrecision(2)) + '°',
      'true error (the truth is known)'));
  }
  const seconds = figures.seconds || {};
  const ms = 1000 * ((seconds.prepare || 0) + (seconds.solve || 0) + (seconds.assess || 0));
  tiles.append(tile(ms < 1000 ? ms.toFixed(0) + ' ms' : (ms / 1000).toFixed(1) + ' s', 'to find it'));
  byId('verdict').append(box, tiles, el('details', {},
    el('summary', {}, passed.length + ' checks passed'), checkList(passed)));
  byId('title').textContent = data.title;
  document.title = data.title + ': ' + verdict.headline;
  byId('subtitle').textContent = 'Camera pose from a mesh and ' +
    (data.num_views === 1 ? 'one mask' : data.num_views + ' masks') + ', by ' + data.program;
  byId('footer').textContent = 'Written by ' + data.program +
    '. This page is one file; it loads nothing from a network. 3D view: three.js (MIT licence).';
}
