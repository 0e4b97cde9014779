// All of result.json in tables that can be searched.
const isFlat = (value) => Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null);

function shownValue(value) {
  if (typeof value === 'number') return shownNumber(value);
  if (isFlat(value)) return '[' + value.map(shownValue).join(', ') + ']';
  return value === null || value === '' ? '–' : String(value);
}

// [path, text, exact text] of every number or text below `value`.
function rowsOf(path, value, rows) {
  if (value === null || typeof value !== 'object' || isFlat(value)) {
    rows.push([path, shownValue(value), JSON.stringify(value)]);
  } else {
    for (const [key, item] of Object.entries(value)) {
      rowsOf(Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, item, rows);
    }
  }
  return rows;
}

const figureGroups = [];

function showFigures() {
  const general = [];
  const groups = [['general', general]];
  for (const [key, value] of Object.entries(data.figures)) {
    const rows = rowsOf(key, value, []);
    if (rows.length > 3) groups.push([key, rows]);
    else general.push(...rows);
  }
  for (const [name, rows] of groups) {
    const body = el('tbody');
    for (const [path, text, exact] of rows) {
      body.append(el('tr', {}, el('td', {}, path), el('td', {title: exact}, text)));
    }
    const group = el('details', {}, el('summary', {}, `${name} (${rows.length})`),
      el('table', {'aria-label': name}, body));
    group.open = name === 'general';
    figureGroups.push(group);
    byId('figures').append(group);
  }
  byId('find').addEventListener('input', find);
  byId('copy-json').addEventListener('click', copyJson);
}

function find() {
  const wanted = byId('find').value.trim().toLowerCase();
  let found = 0;
  for (const group of figureGroups) {
    let here = 0;
    for (const row of group.querySelectorAll('tr')) {
      row.hidden = wanted !== '' && !row.textContent.toLowerCase().includes(wanted);
      here += row.hidden ? 0 : 1;
    }
    group.hidden = here === 0;
    if (wanted !== '') group.open = true;
    found += here;
  }
  byId('found').textContent = wanted === '' ? '' : `${found} found`;
}

// Where the page may not use the clipboard (file:// in some browsers), by a selection.
async function copyJson() {
  const text = JSON.stringify(data.figures, null, 2);
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch (refused) {
    const area = el('textarea', {'aria-hidden': 'true'});
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
  }
  byId('found').textContent = done ? 'copied' : 'the browser does not let the page copy';
}
