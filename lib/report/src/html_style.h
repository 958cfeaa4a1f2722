#pragma once

namespace ds::detail {

inline constexpr const char* kHtmlStyle = R"css(
:root { color-scheme: light dark; --back: #ffffff; --card: #f5f6f8; --text: #1b1f24; --soft: #5b6470; --line: #d5dae0;
  --s0: #2563c9; --s1: #c2410c; --s2: #15803d; --s3: #9333ea; --s4: #b45309; --s5: #0e7490; --s6: #be185d; --s7: #4d5a68; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --card: #1d2127; --text: #e6e9ed; --soft: #9aa4b0;
  --line: #353c45; --s0: #6ea8fe; --s1: #fb923c; --s2: #4ade80; --s3: #c084fc; --s4: #fbbf24; --s5: #22d3ee;
  --s6: #f472b6; --s7: #a8b3bf; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1100px; padding: 1.25rem; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
.soft, footer { color: var(--soft); font-size: .875rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .875rem; }
th, td { padding: .35rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; } th { background: var(--card); font-weight: 600; }
.left { text-align: left; }
.charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
figure { margin: 0; padding: .75rem; background: var(--card); border-radius: 8px; }
figcaption { font-weight: 600; font-size: .875rem; margin-bottom: .4rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.grid { stroke: var(--line); stroke-width: 1; fill: none; } .curve { stroke-width: 2; fill: none; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0 0; padding: 0; list-style: none;
  font-size: .8125rem; }
.legend i { display: inline-block; width: .75rem; height: .75rem; border-radius: 2px; margin-right: .35rem; }
ul.notes { padding-left: 1.1rem; } footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .75rem; }
)css";

}  // namespace ds::detail
