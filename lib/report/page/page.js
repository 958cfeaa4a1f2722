(() => {
  'use strict';
  const root = document.documentElement;
  const button = document.querySelector('button.theme');
  const themes = ['auto', 'light', 'dark'];
  const remembered = () => { try { return localStorage.getItem('ds-theme') || 'auto'; } catch { return 'auto'; } };
  const remember = theme => { try { localStorage.setItem('ds-theme', theme); } catch { /* files may have no storage */ } };
  let theme = themes.includes(remembered()) ? remembered() : 'auto';
  const charts = new Map();
  const hidden = new Set();  // names of series that no chart shows

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
  // The name of a series beside its points (options.plugins.names), where it covers no other name or point.
  const names = {
    id: 'names',
    afterDatasetsDraw: chart => {
      const options = chart.config.options.plugins.names;
      if (!options?.shown) return;
      const { ctx, chartArea: area } = chart;
      const dots = chart.getSortedVisibleDatasetMetas().filter(meta => !chart.data.datasets[meta.index].showLine);
      const taken = dots.flatMap(meta => meta.data.map(at => [at.x - 6, at.y - 6, at.x + 6, at.y + 6]));
      const crosses = ([x0, y0, x1, y1]) => x0 < area.left || x1 > area.right || y0 < area.top || y1 > area.bottom ||
        taken.some(each => x0 < each[2] && x1 > each[0] && y0 < each[3] && y1 > each[1]);
      ctx.save();
      ctx.fillStyle = options.color;
      ctx.font = `11px ${Chart.defaults.font.family}`;
      ctx.textBaseline = 'middle';
      for (const meta of dots)
        for (const at of meta.data) {
          const full = chart.data.datasets[meta.index].label;
          const text = full.length > 28 ? full.slice(0, 27) + '\u2026' : full;
          const width = ctx.measureText(text).width;
          const places = [[7, 0], [-7 - width, 0], [-width / 2, -13], [-width / 2, 13], [7, -13], [7, 13],
                          [-7 - width, -13], [-7 - width, 13], [-width / 2, -26], [-width / 2, 26]];
          const box = ([x, y]) => [at.x + x, at.y + y - 6, at.x + x + width, at.y + y + 6];
          const place = places.find(each => !crosses(box(each)));
          if (!place) continue;  // the tooltip and the table name it
          taken.push(box(place));
          ctx.fillText(text, at.x + place[0], at.y + place[1]);
        }
      ctx.restore();
    },
  };
  // Charts in panels that are not shown have no size yet: they are drawn when their panel is chosen.
  const draw = () => {
    if (typeof Chart === 'undefined') return;
    const style = getComputedStyle(root);
    Chart.defaults.animation = false;
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
      if (canvas.offsetParent === null || charts.has(canvas)) continue;
      const config = painted(JSON.parse(document.getElementById(canvas.dataset.chart).textContent), style, '');
      for (const set of config.data.datasets) set.hidden = hidden.has(set.label);
      charts.set(canvas, new Chart(canvas, { ...config, plugins: [marks, names] }));
    }
  };
  const redraw = () => {
    charts.forEach(chart => chart.destroy());
    charts.clear();
    draw();
  };
  const show = next => {
    theme = next;
    if (theme === 'auto') root.removeAttribute('data-theme'); else root.dataset.theme = theme;
    if (button) button.textContent = 'Theme: ' + theme;
    redraw();
  };
  button?.addEventListener('click', () => {
    show(themes[(themes.indexOf(theme) + 1) % themes.length]);
    remember(theme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (theme === 'auto') redraw(); });
  let before = theme;
  addEventListener('beforeprint', () => { before = theme; show('light'); });
  addEventListener('afterprint', () => show(before));

  // Menus show one panel at a time; those of the same kind move together, and the page does not jump.
  const choices = [...document.querySelectorAll('.choice')];
  const panels = choice => [...choice.querySelectorAll(':scope > .panel')];
  const choose = (choice, name) => {
    const select = choice.querySelector('select');
    const index = [...select.options].findIndex(option => option.text === name);
    if (index < 0) return;
    select.selectedIndex = index;
    panels(choice).forEach((panel, i) => panel.classList.toggle('chosen', i === index));
  };
  for (const choice of choices) {
    const select = choice.querySelector('select');
    choice.classList.add('live');
    choice.querySelector('.menu').hidden = false;
    choose(choice, select.options[0].text);
    select.addEventListener('change', () => {
      const name = select.options[select.selectedIndex].text, top = select.getBoundingClientRect().top;
      choices.filter(other => other.dataset.key === choice.dataset.key).forEach(other => choose(other, name));
      scrollBy(0, select.getBoundingClientRect().top - top);
      draw();
    });
  }
  show(theme);

  // Which series the charts show.
  const series = document.querySelector('details.series');
  if (series) series.hidden = false;
  series?.addEventListener('change', ({ target }) => {
    if (target.checked) hidden.delete(target.dataset.series); else hidden.add(target.dataset.series);
    for (const chart of charts.values()) {
      chart.data.datasets.forEach((set, i) => chart.setDatasetVisibility(i, !hidden.has(set.label)));
      chart.update();
    }
  });

  // What one gallery hides, all hide.
  const layers = [...document.querySelectorAll('input[data-layer]')];
  for (const layer of layers)
    layer.addEventListener('change', () => {
      for (const other of layers) if (other.dataset.layer === layer.dataset.layer) other.checked = layer.checked;
    });

  // A picture alone, with more of its names.
  for (const figure of document.querySelectorAll('figure.marked')) {
    const press = document.createElement('button');
    press.type = 'button';
    press.className = 'enlarge';
    press.textContent = 'Enlarge';
    press.setAttribute('aria-label', 'Enlarge ' + figure.querySelector('figcaption').textContent);
    press.setAttribute('aria-pressed', 'false');
    press.addEventListener('click', () => {
      const wide = figure.classList.toggle('wide');
      press.setAttribute('aria-pressed', String(wide));
      press.textContent = wide ? 'Reduce' : 'Enlarge';
      figure.scrollIntoView({ block: 'nearest' });
    });
    figure.querySelector('.frame').after(press);
  }

  // The cell of a large matrix under the pointer names its row and column.
  document.addEventListener('pointerover', ({ target }) => {
    document.querySelectorAll('.large th.here').forEach(each => each.classList.remove('here'));
    const cell = target.closest?.('.large td');
    if (!cell) return;
    const row = cell.parentElement.cells[0], column = cell.closest('table').tHead.rows[0].cells[cell.cellIndex];
    for (const each of [row, column]) each.classList.add('here');
    cell.title = `${row.textContent} / ${column.textContent}: ${cell.textContent || 0}`;
  });

  // The navigation marks the section that is read, and keeps it in sight.
  const nav = document.querySelector('nav');
  const links = nav ? [...nav.querySelectorAll('a')] : [];
  const heads = links.map(link => document.querySelector(link.getAttribute('href')));
  let current = -1;
  const follow = () => {
    let at = heads.filter(head => head.getBoundingClientRect().top < innerHeight / 3).length - 1;
    if (scrollY + innerHeight > root.scrollHeight - 2 && scrollY > 0) at = Math.max(at, heads.length - 1);
    if (at === current) return;
    links[current]?.removeAttribute('aria-current');
    current = at;
    const link = links[at];
    if (!link) return;
    link.setAttribute('aria-current', 'true');
    nav.scrollLeft = link.offsetLeft - nav.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2;
  };
  if (nav) {
    addEventListener('scroll', () => requestAnimationFrame(follow), { passive: true });
    follow();
  }

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
