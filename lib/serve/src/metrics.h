#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ds::detail {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Counters, gauges and histograms in the Prometheus text format 0.0.4. Families are declared first, each
/// with its help text, and appear even before anything was counted.
class Metrics {
 public:
  enum class Type { counter, gauge, histogram };
  /// @param buckets upper bounds of a histogram, rising; +Inf is added
  void declare(const std::string& name, Type type, std::string help, std::vector<double> buckets = {});
  void add(const std::string& name, const Labels& labels = {}, double by = 1);
  void set(const std::string& name, const Labels& labels, double value);
  /// Forgets every series of a family: for gauges whose labels change.
  void clear(const std::string& name);
  void observe(const std::string& name, const Labels& labels, double value);
  double value(const std::string& name, const Labels& labels = {}) const;
  std::string to_text() const;

 private:
  struct Histogram {
    std::vector<std::uint64_t> counts;
    double sum = 0;
    std::uint64_t total = 0;
  };
  struct Family {
    std::string name;
    Type type;
    std::string help;
    std::vector<double> buckets;
    std::map<std::string, double> values;  // by label text
    std::map<std::string, Histogram> histograms;
  };
  Family& family(const std::string& name);
  static std::string label_text(const Labels& labels);

  mutable std::mutex mutex_;
  std::vector<Family> families_;
};

}  // namespace ds::detail
