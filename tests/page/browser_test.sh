#!/usr/bin/env bash
# Opens pages that the tools write in headless Chromium, in a frame as wide as a phone, and asks the page itself.
#   browser_test.sh BIN_FOLDER
set -euo pipefail
bin=$(realpath "$1")
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
  const figures = () => {
    const canvases = [...page.querySelectorAll('canvas')];
    check(canvases.length >= 6, `${canvases.length} charts`);
    for (const canvas of canvases) {
      const title = page.getElementById(canvas.getAttribute('aria-labelledby'))?.textContent;
      check(title, 'a chart without a title');
      check(painted(canvas) > 2000, `'${title}' has ${painted(canvas)} painted pixels`);
      check(canvas.closest('figure').querySelectorAll('tbody tr').length > 0, `'${title}' has no table`);
    }
  };
  const back = () => frame.contentWindow.getComputedStyle(page.body).backgroundColor;
  figures();
  check(page.documentElement.scrollWidth <= 390, `${page.documentElement.scrollWidth} pixels wide on a phone`);
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
  const table = page.querySelector('table.sortable');
  const column = [...table.tHead.rows[0].cells].findIndex(cell => cell.textContent === sorted);
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

failed=0
for page in project source run; do
  sorted=objects
  [[ $page == run ]] && sorted=epoch
  {
    echo '<!doctype html><meta charset="utf-8"><body><script>'
    echo "const sorted = '$sorted';"
    cat probe.js
    printf '</script><iframe id="page" width="390" height="2000" style="border:0" srcdoc="'
    sed -e 's/&/\&amp;/g' -e 's/"/\&quot;/g' "$page.html"
    echo '"></iframe>'
  } >"probe-$page.html"
  "$browser" --headless=new --no-sandbox --disable-gpu --user-data-dir="$work/browser-$page" --window-size=800,2200 \
    --enable-logging=stderr --virtual-time-budget=10000 --dump-dom "file://$work/probe-$page.html" \
    >"$page.dom" 2>"$page.log" || true
  if ! grep -q '^FAULTS 0$' "$page.dom" || grep -q 'CONSOLE' "$page.log"; then
    echo "$page.html:"
    sed -n '/TITLE/,/END/p' "$page.dom"
    grep 'CONSOLE' "$page.log" || true
    failed=1
  fi
done
grep -q 'TITLE Training of yolox-nano 64x64' run.dom || { echo "the title of run.html is wrong"; failed=1; }
grep -q 'TITLE Shapes &amp; &lt;"forms"&gt;: statistics' project.dom || { echo "the title is wrong"; failed=1; }
exit "$failed"
