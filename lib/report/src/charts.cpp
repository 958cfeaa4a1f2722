#include "charts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/report/html.h"

namespace ds::detail {

namespace {

constexpr int kColours = 8;

std::string colour(std::size_t series) {
  return fmt::format("var(--s{})", series % kColours);
}

/// Longer labels would run out of the chart.
std::string shortened(const std::string& text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = 1;
    while (i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xc0) == 0x80)
      ++length;
    if (display_width(out + text.substr(i, length)) + 1 > columns) break;
    out += text.substr(i, length);
    i += length;
  }
  return out + "\xe2\x80\xa6";
}

}  // namespace

std::string curve_chart(const std::string& x_title, const std::string& y_title,
                        const std::vector<CurveSeries>& all) {
  constexpr double left = 44, top = 10, width = 340, height = 240;
  auto px = [&](double x) { return left + x * width; };
  auto py = [&](double y) { return top + (1 - y) * height; };
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 400 300\" role=\"img\" aria-label=\"{} over {}\">", y_title, x_title);
  for (int i = 0; i <= 5; ++i) {
    const double v = i / 5.0;
    svg += fmt::format("<path class=\"grid\" d=\"M{0:.1f} {1:.1f}H{2:.1f}M{3:.1f} {4:.1f}V{5:.1f}\"/>", px(0),
                       py(v), px(1), px(v), py(0), py(1));
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{:.1f}</text>", left - 6,
                       py(v) + 4, v);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{:.1f}</text>", px(v),
                       py(0) + 15, v);
  }
  for (std::size_t s = 0; s < all.size(); ++s) {
    std::string points;
    for (std::size_t i = 0; i < all[s].x.size(); ++i)
      points += fmt::format("{}{:.2f} {:.2f}", i ? "L" : "M", px(all[s].x[i]), py(all[s].y[i]));
    svg += fmt::format("<path class=\"curve\" style=\"stroke:{}\" d=\"{}\"><title>{}</title></path>",
                       colour(s), points, html_escaped(all[s].name));
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"292\" text-anchor=\"middle\">{}</text>", px(0.5), x_title);
  svg += fmt::format("<text transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     py(0.5), y_title);
  return svg + "</svg>";
}

std::string bar_chart(const std::vector<std::string>& labels, const std::vector<BarSeries>& all) {
  constexpr double left = 110, width = 240, bar = 12, gap = 8;
  const double group = bar * static_cast<double>(all.size()) + gap;
  const double height = group * static_cast<double>(labels.size()) + gap;
  std::string svg =
      fmt::format("<svg viewBox=\"0 0 400 {:.0f}\" role=\"img\" aria-label=\"bars\">", height + 18);
  for (int i = 0; i <= 5; ++i) {
    const double x = left + width * i / 5.0;
    svg += fmt::format(
        "<path class=\"grid\" d=\"M{0:.1f} 0V{1:.1f}\"/><text x=\"{0:.1f}\" y=\"{2:.1f}\" "
        "text-anchor=\"middle\">{3:.1f}</text>",
        x, height, height + 14, i / 5.0);
  }
  for (std::size_t l = 0; l < labels.size(); ++l) {
    const double y = gap + group * static_cast<double>(l);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", left - 6,
                       y + bar * static_cast<double>(all.size()) / 2 + 4,
                       html_escaped(shortened(labels[l], 17)));
    for (std::size_t s = 0; s < all.size(); ++s) {
      const auto& value = all[s].values[l];
      const double top = y + bar * static_cast<double>(s);
      if (value)
        svg += fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"{:.0f}\" rx=\"2\" style=\"fill:{}\">"
            "<title>{}</title></rect>",
            left, top, width * std::clamp(*value, 0.0, 1.0), bar - 2, colour(s), html_escaped(all[s].name));
      svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", left + width * value.value_or(0) + 5,
                         top + 9, value ? fmt::format("{:.3f}", *value) : "n/a");
    }
  }
  return svg + "</svg>";
}

std::string legend(const std::vector<std::string>& names) {
  if (names.size() < 2) return {};
  std::string out = "<ul class=\"legend\">";
  for (std::size_t s = 0; s < names.size(); ++s)
    out += fmt::format("<li><i style=\"background:{}\"></i>{}</li>", colour(s), html_escaped(names[s]));
  return out + "</ul>";
}

}  // namespace ds::detail
