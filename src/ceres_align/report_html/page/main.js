const kThemes = [['', 'system'], ['light', 'light'], ['dark', 'dark']];

function showTheme() {
  const button = byId('theme');
  let theme = 0;
  const set = () => {
    const [name, words] = kThemes[theme];
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
    button.textContent = 'Colours: ' + words;
    button.setAttribute('aria-label', 'Colours: ' + words);
    redraw();
  };
  button.addEventListener('click', () => { theme = (theme + 1) % kThemes.length; set(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

showVerdict();
showViews();
showTheme();
showPlots();
showFigures();
// Words and pictures first: WebGL takes a moment to begin.
requestAnimationFrame(() => setTimeout(() => {
  performance.mark('pictures');
  showSpace();
  performance.mark('space');
  document.documentElement.dataset.ready = 'yes';
}));
