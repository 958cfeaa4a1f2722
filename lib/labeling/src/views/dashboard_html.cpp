#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "ds/base/text.h"
#include "ds/base/version.h"
#include "ds/labeling/dashboard.h"

namespace ds {
namespace {

constexpr const char* kStyle = R"css(
:root{--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--faint:#5c6670;--line:#dde2e8;--track:#e9edf1;
--unlabelled:#b4bdc7;--queued:#8d7ad6;--working:#d99a1c;--review:#2f80d0;--done:#2c9c5a;--rejected:#c8504b}
@media(prefers-color-scheme:dark){:root{--page:#14171b;--card:#1d2127;--ink:#e7ebf0;--faint:#9aa5b1;
--line:#313841;--track:#2a3038;--unlabelled:#5d6873;--queued:#9c8ae6;--working:#e0aa3e;--review:#5aa2e6;
--done:#49b877;--rejected:#e0706b}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1rem 3rem}h1{font-size:1.6rem;margin:0}
h2{font-size:1.05rem;margin:0 0 .75rem}.faint{color:var(--faint)}p{margin:.25rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.25rem;margin-top:1rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin-top:1rem}
.figure{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.figure b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}svg text{fill:var(--ink);font:13px system-ui,sans-serif}
svg.wide{min-width:600px}svg .faint{fill:var(--faint)}.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin-top:.8rem}
.legend span::before{content:"";display:inline-block;width:.75rem;height:.75rem;border-radius:3px;
margin-right:.4rem;vertical-align:-1px;background:var(--c)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--faint);font-weight:600}td.n,th.n{text-align:right}tr:last-child td{border-bottom:0}td.wide{white-space:normal}
)css";

std::string escaped(std::string_view text) {
  std::string safe;
  for (char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

std::string shortened(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  auto end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "\u2026";
}

std::string figure(const std::string& value, const std::string& what) {
  return fmt::format("<div class=\"figure\"><b>{}</b><span class=\"faint\">{}</span></div>\n", value, what);
}

std::size_t images_in(const Dashboard& board, const std::string& state) {
  auto found = board.counts.by_state.find(state);
  return found == board.counts.by_state.end() ? 0 : found->second;
}

std::string states_chart(const Dashboard& board) {
  constexpr double kWidth = 800;
  std::string bars, legend;
  double x = 0;
  // From finished to untouched, so that the bar fills from the left.
  for (const char* state : {"done", "rejected", "review", "working", "queued", "unlabelled"}) {
    auto images = images_in(board, state);
    if (images == 0) continue;
    double width = kWidth * static_cast<double>(images) / static_cast<double>(board.counts.images);
    bars += fmt::format(
        "<rect x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"26\" fill=\"var(--{})\"><title>{}: "
        "{}</title></rect>",
        x, width, state, state, images);
    legend += fmt::format("<span style=\"--c:var(--{})\">{} {}</span>", state, state, images);
    x += width;
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {0} 26\" role=\"img\" aria-label=\"Images by state\"><clipPath id=\"round\">"
      "<rect width=\"{0}\" height=\"26\" rx=\"6\"/></clipPath><g clip-path=\"url(#round)\">"
      "<rect width=\"{0}\" height=\"26\" fill=\"var(--track)\"/>{1}</g></svg>\n<div "
      "class=\"legend\">{2}</div>\n",
      kWidth, bars, legend);
}

std::string classes_chart(const Dashboard& board) {
  const auto& classes = board.counts.classes;
  std::size_t most = 1;
  for (const auto& each : classes) most = std::max(most, each.annotations + each.proposals);
  constexpr int kRow = 30, kLeft = 170, kBar = 470;
  std::string rows;
  int y = 0;
  for (std::size_t i = 0; i < classes.size(); ++i, y += kRow) {
    const auto& each = classes[i];
    auto color = each.color.empty() ? palette_color(static_cast<int>(i)) : each.color;
    double scale = static_cast<double>(kBar) / static_cast<double>(most);
    double labels = scale * static_cast<double>(each.annotations);
    double proposals = scale * static_cast<double>(each.proposals);
    rows += fmt::format("<text x=\"0\" y=\"{}\">{}</text>", y + 19, escaped(shortened(each.name, 22)));
    rows += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"4\" fill=\"var(--track)\"/>",
                        kLeft, y + 5, kBar);
    rows += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"{:.2f}\" height=\"18\" rx=\"4\" fill=\"{}\"><title>{}: {} "
        "labels</title></rect>",
        kLeft, y + 5, labels, escaped(color), escaped(each.name), each.annotations);
    if (each.proposals > 0)
      rows += fmt::format(
          "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"18\" rx=\"4\" fill=\"{}\" opacity=\".4\">"
          "<title>{}: {} proposals</title></rect>",
          kLeft + labels, y + 5, proposals, escaped(color), escaped(each.name), each.proposals);
    rows += fmt::format("<text class=\"faint\" x=\"{}\" y=\"{}\">{}{}</text>", kLeft + kBar + 12, y + 19,
                        each.annotations,
                        each.proposals > 0 ? fmt::format(" + {} proposed", each.proposals) : "");
  }
  return fmt::format(
      "<div class=\"scroll\"><svg class=\"wide\" viewBox=\"0 0 800 {}\" role=\"img\" aria-label=\"Labels of "
      "each class\">{}</svg></div>\n",
      std::max(y, kRow), rows);
}

std::string workers_table(const Dashboard& board) {
  std::string rows;
  for (const auto& each : board.workers) {
    double share =
        each.assigned == 0 ? 0 : 100.0 * static_cast<double>(each.done) / static_cast<double>(each.assigned);
    rows += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>"
        "<svg viewBox=\"0 0 100 8\" style=\"width:100px\" role=\"img\" aria-label=\"{:.0f} percent done\">"
        "<rect width=\"100\" height=\"8\" rx=\"4\" fill=\"var(--track)\"/>"
        "<rect width=\"{:.1f}\" height=\"8\" rx=\"4\" fill=\"var(--done)\"/></svg></td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
        escaped(each.name), each.assigned, each.open, each.done, share, share, each.edits, each.accepted,
        each.rejected, each.last.empty() ? "" : escaped(each.last.substr(0, 10)));
  }
  return "<div class=\"scroll\"><table><tr><th>Worker</th><th class=\"n\">Assigned</th><th "
         "class=\"n\">Open</th>"
         "<th class=\"n\">Done</th><th></th><th class=\"n\">Edits</th><th class=\"n\">Accepted</th>"
         "<th class=\"n\">Rejected</th><th>Last</th></tr>\n" +
         rows + "</table></div>\n";
}

std::string events_table(const Dashboard& board) {
  std::string rows;
  for (const auto& event : board.events)
    rows += fmt::format("<tr><td class=\"faint\">{} {}</td><td>{}</td><td class=\"wide\">{}</td></tr>\n",
                        escaped(event.time.substr(0, 10)),
                        event.time.size() >= 16 ? escaped(event.time.substr(11, 5)) : "", escaped(event.kind),
                        escaped(event.message));
  return "<div class=\"scroll\"><table>" + rows + "</table></div>\n";
}

std::string card(const std::string& title, const std::string& content) {
  return fmt::format("<section class=\"card\"><h2>{}</h2>\n{}</section>\n", title, content);
}

}  // namespace

std::string dashboard_html(const Dashboard& board) {
  std::string body = fmt::format("<h1>{}</h1>\n", escaped(board.project));
  if (!board.description.empty()) body += fmt::format("<p>{}</p>\n", escaped(board.description));
  body += "<div class=\"figures\">\n";
  body += figure(fmt::format("{:.0f} %", 100 * board.progress()),
                 fmt::format("{} of {} images finished", board.finished, board.counts.images));
  body += figure(std::to_string(board.counts.annotations), "labels");
  body += figure(std::to_string(board.counts.proposals), "proposals to review");
  body += figure(std::to_string(board.counts.negatives), "images without objects");
  body += "</div>\n";
  body += card("Images", states_chart(board));
  body += card("Labels by class", board.counts.classes.empty() ? "<p class=\"faint\">No class yet.</p>\n"
                                                               : classes_chart(board));
  if (!board.workers.empty()) body += card("Workers", workers_table(board));
  body += card("Recent events", board.events.empty() ? "<p class=\"faint\">Nothing has happened yet.</p>\n"
                                                     : events_table(board));
  body += fmt::format("<p class=\"faint\">{} {} UTC, ds-label {}</p>\n", escaped(board.time.substr(0, 10)),
                      escaped(board.time.substr(11, 5)), version());
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>{}: "
      "labelling</title>\n<style>{}</style></head>\n"
      "<body><main>\n{}</main></body></html>\n",
      escaped(board.project), kStyle, body);
}

}  // namespace ds
