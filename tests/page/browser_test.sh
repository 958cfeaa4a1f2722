#!/usr/bin/env bash
# Opens pages that the tools write in headless Chromium, in a frame as wide as a phone, and asks the page itself.
#   browser_test.sh BIN_FOLDER WRITE_MADE_REPORT
set -euo pipefail
bin=$(realpath "$1")
write_made_report=$(realpath "$2")
cases=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../cli")
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [[ -z $browser ]]; then
  echo "SKIPPED: no chromium here"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PATH="$bin:$PATH" DS_USER=ada HOME="$work"

ds-import sample shapes --images 40 --no-video -q >/dev/null
ds-import init p --name 'Shapes & <"forms">' -q >/dev/null
ds-import add shapes -p p -q >/dev/null
ds-import stats -p p --html project.html -q >/dev/null
ds-import stats shapes --input-sizes 64,128 --html source.html -q >/dev/null
mkdir trained && cd trained
. "$cases/ds-train/made_runs.sh"
make_run r-1 done 12
make_run r-2 stopped 8
ds-train show r-1 -p p -o ../run.html -q >/dev/null
cd ..
"$write_made_report" .

# Asked inside the frame; every line that is not empty is a fault.
cat >probe.js <<'X'
onload = () => {
  const frame = document.getElementById('page');
  const page = frame.contentDocument, faults = [];
  const check = (holds, fault) => { if (!holds) faults.push(fault); };
  const painted = canvas => {
    if (canvas.width === 0 || canvas.height === 0) return 0;
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const data = context.getImageData(0, 0, copy.width, copy.height).data;
    let count = 0;
    for (let i = 3; i < data.length; i += 4) count += data[i] > 0;
    return count;
  };
  const shown = element => element.offsetParent !== null;
  const figures = () => {
    const canvases = [...page.querySelectorAll('canvas')].filter(shown);
    check(canvases.length >= asked.charts, `${canvases.length} charts`);
    for (const canvas of canvases) {
      const title = page.getElementById(canvas.getAttribute('aria-labelledby'))?.textContent;
      check(title, 'a chart without a title');
      check(painted(canvas) > 2000, `'${title}' has ${painted(canvas)} painted pixels`);
      check(canvas.closest('figure').querySelectorAll('tbody tr').length > 0, `'${title}' has no table`);
    }
  };
  const back = () => frame.contentWindow.getComputedStyle(page.body).backgroundColor;
  figures();
  check(page.documentElement.scrollWidth <= 360, `${page.documentElement.scrollWidth} pixels wide on a phone`);
  check(frame.contentWindow.performance.getEntriesByType('resource').every(each => each.name.startsWith('data:')),
        'something was loaded');
  const ids = [...page.querySelectorAll('[id]')].map(each => each.id);
  check(new Set(ids).size === ids.length, 'an id is there twice');
  for (const link of page.querySelectorAll('nav a'))
    check(page.querySelector(link.getAttribute('href')), `${link.getAttribute('href')} leads nowhere`);
  const theme = page.querySelector('button.theme');
  theme.click();
  check(theme.textContent === 'Theme: light' && back() === 'rgb(255, 255, 255)', `light is ${back()}`);
  theme.click();
  check(theme.textContent === 'Theme: dark' && back() === 'rgb(20, 23, 27)', `dark is ${back()}`);
  figures();
  const hides = (box, elements) => {
    check(elements().some(shown), 'nothing to hide is shown');
    box.click();
    check(!elements().some(shown), `${box.id || box.dataset.series} hides nothing`);
    box.click();
    check(elements().some(shown), `${box.id || box.dataset.series} does not bring back`);
  };
  // Menus: one panel each, together with those of the same kind; charts of a chosen panel are drawn.
  const choices = [...page.querySelectorAll('.choice')];
  check(choices.length === asked.menus, `${choices.length} menus`);
  for (const key of new Set(choices.map(choice => choice.dataset.key))) {
    const same = choices.filter(choice => choice.dataset.key === key);
    const select = same[0].querySelector('select');
    select.selectedIndex = select.options.length - 1;
    select.dispatchEvent(new Event('change'));
    const name = select.options[select.selectedIndex].text;
    for (const choice of same) {
      const panels = [...choice.querySelectorAll(':scope > .panel')].filter(shown);
      check(panels.length === 1 && panels[0].getAttribute('aria-label') === name, `${key}: ${panels.length} panels`);
    }
  }
  figures();
  // Pictures: as many boxes as they say, and switches that hide them.
  const pictures = [...page.querySelectorAll('figure.marked')];
  check(pictures.length >= asked.pictures, `${pictures.length} pictures`);
  for (const picture of pictures)
    check(picture.querySelector('img').alt.length > 10, 'a picture without words');
  if (asked.pictures > 0)
    for (const layer of ['truth', 'predicted', 'names']) {
      const box = [...page.querySelectorAll(`input[data-layer=${layer}]`)].find(shown);
      // SVG elements have no offsetParent: the style says whether they are there.
      const drawn = () => [...box.parentElement.querySelectorAll(`.gallery .${layer}`)].map(each => ({
        get offsetParent() { return frame.contentWindow.getComputedStyle(each).display === 'none' ? null : each; } }));
      hides(box, drawn);
    }
  // A model that is switched off leaves the curves.
  const series = page.querySelector('input[data-series]');
  if (series) {
    const canvas = [...page.querySelectorAll('canvas')].filter(shown).find(
      each => page.getElementById(each.getAttribute('aria-labelledby')).textContent.startsWith('Precision over'));
    const all = canvas.toDataURL();
    series.click();
    check(canvas.toDataURL() !== all, 'a model cannot be hidden');
    series.click();
    check(canvas.toDataURL() === all, 'a model does not come back');
  }
  const table = [...page.querySelectorAll('table.sortable')].find(
    each => [...each.tHead.rows[0].cells].some(cell => cell.textContent === asked.sorted));
  const column = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === asked.sorted);
  const numbers = () => [...table.tBodies[0].rows].map(row => Number(row.cells[column].dataset.n));
  const press = () => table.tHead.rows[0].cells[column].querySelector('button').click();
  press();
  check(numbers().every((n, i, all) => i === 0 || all[i - 1] >= n), `falling: ${numbers()}`);
  press();
  check(numbers().every((n, i, all) => i === 0 || all[i - 1] <= n), `rising: ${numbers()}`);
  const title = page.title;
  document.body.innerHTML = '';
  document.body.textContent = `TITLE ${title}\nFAULTS ${faults.length}\n${faults.join('\n')}\nEND`;
};
X

# page: the column to sort by, charts that are seen at least, menus, pictures at least.
asked() {
  case $1 in
    project | source) echo "{ sorted: 'objects', charts: 6, menus: 0, pictures: 0 }" ;;
    run) echo "{ sorted: 'epoch', charts: 6, menus: 0, pictures: 0 }" ;;
    comparison) echo "{ sorted: 'AP50', charts: 11, menus: 7, pictures: 24 }" ;;
    model) echo "{ sorted: 'objects', charts: 8, menus: 1, pictures: 4 }" ;;
    large) echo "{ sorted: 'AP50', charts: 12, menus: 7, pictures: 44 }" ;;
    little) echo "{ sorted: 'objects', charts: 6, menus: 5, pictures: 0 }" ;;
  esac
}

failed=0
for page in project source run comparison model large little; do
  {
    echo '<!doctype html><meta charset="utf-8"><body><script>'
    echo "const asked = $(asked "$page");"
    cat probe.js
    printf '</script><iframe id="page" width="360" height="2000" style="border:0" srcdoc="'
    sed -e 's/&/\&amp;/g' -e 's/"/\&quot;/g' "$page.html"
    echo '"></iframe>'
  } >"probe-$page.html"
  "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/browser-$page" --window-size=800,2200 \
    --enable-logging=stderr --virtual-time-budget=10000 --dump-dom "file://$work/probe-$page.html" \
    >"$page.dom" 2>"$page.log" || true
  if ! grep -q '^FAULTS 0$' "$page.dom" || grep -q 'CONSOLE' "$page.log"; then
    echo "$page.html:"
    grep -q '<body>TITLE ' "$page.dom" || echo "the questions were not answered"
    sed -n '/<body>TITLE /,/^END/p' "$page.dom"
    grep 'CONSOLE' "$page.log" || true
    failed=1
  fi
done
grep -q 'TITLE Shapes: models &lt;b&gt;&amp;"' comparison.dom || { echo "the title of comparison.html is wrong"; failed=1; }
grep -q 'TITLE Training of yolox-nano 64x64' run.dom || { echo "the title of run.html is wrong"; failed=1; }
grep -q 'TITLE Shapes &amp; &lt;"forms"&gt;: statistics' project.dom || { echo "the title is wrong"; failed=1; }
exit "$failed"
