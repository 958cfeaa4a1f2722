#include "metrics.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

void Metrics::declare(const std::string& name, Type type, std::string help, std::vector<double> buckets) {
  std::lock_guard guard(mutex_);
  families_.push_back({name, type, std::move(help), std::move(buckets), {}, {}});
}

Metrics::Family& Metrics::family(const std::string& name) {
  for (auto& known : families_)
    if (known.name == name) return known;
  throw Error("metric " + name + " was never declared");
}

std::string Metrics::label_text(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"";
    for (char c : value) {
      if (c == '\\' || c == '"') text += '\\';
      if (c == '\n')
        text += "\\n";
      else
        text += c;
    }
    text += '"';
  }
  return text;
}

void Metrics::add(const std::string& name, const Labels& labels, double by) {
  std::lock_guard guard(mutex_);
  family(name).values[label_text(labels)] += by;
}

void Metrics::set(const std::string& name, const Labels& labels, double value) {
  std::lock_guard guard(mutex_);
  family(name).values[label_text(labels)] = value;
}

void Metrics::clear(const std::string& name) {
  std::lock_guard guard(mutex_);
  family(name).values.clear();
}

void Metrics::observe(const std::string& name, const Labels& labels, double value) {
  std::lock_guard guard(mutex_);
  auto& known = family(name);
  auto& histogram = known.histograms[label_text(labels)];
  histogram.counts.resize(known.buckets.size());
  for (std::size_t i = 0; i < known.buckets.size(); ++i)
    if (value <= known.buckets[i]) ++histogram.counts[i];
  histogram.sum += value;
  ++histogram.total;
}

double Metrics::value(const std::string& name, const Labels& labels) const {
  std::lock_guard guard(mutex_);
  for (const auto& known : families_)
    if (known.name == name)
      if (auto found = known.values.find(label_text(labels)); found != known.values.end())
        return found->second;
  return 0;
}

std::string Metrics::to_text() const {
  static constexpr const char* kTypes[] = {"counter", "gauge", "histogram"};
  std::lock_guard guard(mutex_);
  std::string text;
  auto braces = [](const std::string& labels) { return labels.empty() ? std::string() : "{" + labels + "}"; };
  for (const auto& known : families_) {
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", known.name, known.help,
                        kTypes[static_cast<int>(known.type)]);
    for (const auto& [labels, value] : known.values)
      text += fmt::format("{}{} {}\n", known.name, braces(labels), shortest(value));
    for (const auto& [labels, histogram] : known.histograms) {
      auto comma = labels.empty() ? "" : ",";
      for (std::size_t i = 0; i < known.buckets.size(); ++i)
        text += fmt::format("{}_bucket{{{}{}le=\"{}\"}} {}\n", known.name, labels, comma,
                            shortest(known.buckets[i]), histogram.counts[i]);
      text += fmt::format("{}_bucket{{{}{}le=\"+Inf\"}} {}\n", known.name, labels, comma, histogram.total);
      text += fmt::format("{}_sum{} {}\n", known.name, braces(labels), shortest(histogram.sum));
      text += fmt::format("{}_count{} {}\n", known.name, braces(labels), histogram.total);
    }
  }
  return text;
}

}  // namespace ds::detail
