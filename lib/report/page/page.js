(() => {
  'use strict';
  const root = document.documentElement;
  const button = document.querySelector('button.theme');
  const themes = ['auto', 'light', 'dark'];
  const remembered = () => { try { return localStorage.getItem('ds-theme') || 'auto'; } catch { return 'auto'; } };
  const remember = theme => { try { localStorage.setItem('ds-theme', theme); } catch { /* files may have no storage */ } };
  let theme = themes.includes(remembered()) ? remembered() : 'auto';
  let charts = [];

  // Colours stand in the data as names of the style sheet's variables.
  const painted = (value, style, key) => {
    if (typeof value === 'string')
      return /color$/i.test(key) && value.startsWith('--') ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map(each => painted(each, style, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, painted(each, style, name)]));
  };
  // Dashed lines across a chart where something changed (options.plugins.marks of its configuration).
  const marks = {
    id: 'marks',
    afterDatasetsDraw: ({ config, ctx, chartArea: area, scales }) => {
      for (const mark of config.options.plugins.marks?.lines ?? []) {
        const x = scales.x.getPixelForValue(mark.at);
        if (!(x >= area.left && x <= area.right)) continue;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = mark.color;
        ctx.font = `11px ${Chart.defaults.font.family}`;
        const width = ctx.measureText(mark.text).width;
        ctx.setLineDash([4, 4]);
        ctx.beginPath();
        ctx.moveTo(x, area.top - 12);
        ctx.lineTo(x, area.bottom);
        ctx.stroke();
        ctx.fillText(mark.text, x + 4 + width > area.right ? x - 4 - width : x + 4, area.top - 4);
        ctx.restore();
      }
    },
  };
  const draw = () => {
    charts.forEach(chart => chart.destroy());
    charts = [];
    if (typeof Chart === 'undefined') return;
    const style = getComputedStyle(root);
    Chart.defaults.animation = false;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
      const config = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
      charts.push(new Chart(canvas, { ...painted(config, style, ''), plugins: [marks] }));
    }
  };
  const show = next => {
    theme = next;
    if (theme === 'auto') root.removeAttribute('data-theme'); else root.dataset.theme = theme;
    if (button) button.textContent = 'Theme: ' + theme;
    draw();
  };
  button?.addEventListener('click', () => {
    show(themes[(themes.indexOf(theme) + 1) % themes.length]);
    remember(theme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (theme === 'auto') draw(); });
  let before = theme;
  addEventListener('beforeprint', () => { before = theme; show('light'); });
  addEventListener('afterprint', () => show(before));
  show(theme);

  // A click on a column's title sorts: numbers by their value, the rest as text; rows without a number last.
  const sort = (table, column, heading) => {
    const rising = heading.getAttribute('aria-sort') === 'descending' ||
      (!heading.hasAttribute('aria-sort') && heading.classList.contains('left'));
    const key = row => row.cells[column].dataset.n ?? row.cells[column].textContent;
    const numbers = [...table.tBodies[0].rows].some(row => row.cells[column].dataset.n !== undefined);
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      if (!numbers) return (rising ? 1 : -1) * key(a).localeCompare(key(b), 'en', { numeric: true });
      const x = Number(a.cells[column].dataset.n ?? NaN), y = Number(b.cells[column].dataset.n ?? NaN);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return (rising ? 1 : -1) * (x - y);
    });
    table.querySelectorAll('th[aria-sort]').forEach(other => other.removeAttribute('aria-sort'));
    heading.setAttribute('aria-sort', rising ? 'ascending' : 'descending');
    table.tBodies[0].append(...rows);
  };
  for (const table of document.querySelectorAll('table.sortable'))
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const press = document.createElement('button');
      press.type = 'button';
      press.append(...heading.childNodes);
      press.addEventListener('click', () => sort(table, column, heading));
      heading.append(press);
    });
})();
