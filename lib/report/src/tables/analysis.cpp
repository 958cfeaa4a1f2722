#include "ds/report/analysis_tables.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

std::string interval_text(const std::optional<Interval>& interval, bool with_sign) {
  if (!interval) return "n/a";
  return with_sign ? fmt::format("{:+.4f} to {:+.4f}", interval->low, interval->high)
                   : fmt::format("{:.3f} to {:.3f}", interval->low, interval->high);
}

Cell signed_cell(double value, int decimals) {
  return {fmt::format("{:+.{}f}", value, decimals), value};
}

using detail::known;

const char* describe(ErrorType type) {
  static constexpr const char* kTexts[] = {"good place, wrong class",
                                           "right class, too far off",
                                           "too far off and wrong class",
                                           "found by a better detection already",
                                           "nothing is there",
                                           "object that nothing explains"};
  return kTexts[static_cast<int>(type)];
}

/// Whether the other images are better or worse, where that is sure.
std::string against_the_rest(const SliceNumbers& numbers) {
  if (!numbers.against_the_rest) return "n/a";
  const auto text = interval_text(numbers.against_the_rest, true);
  if (numbers.against_the_rest->high < 0) return text + " worse";
  return numbers.against_the_rest->low > 0 ? text + " better" : text;
}

}  // namespace

Table pairs_table(const std::vector<std::string>& names, const PairwiseComparison& pairwise) {
  Table table;
  table.columns = {{"model", "model", false},
                   {"against", "against", false},
                   {"AP difference", "ap_difference"},
                   {"low", "low"},
                   {"high", "high"},
                   {"p", "p"},
                   {"p (Holm)", "p_holm"},
                   {"", "verdict", false}};
  for (const auto& pair : pairwise.pairs) {
    const bool tied = pairwise.tied(pair.a, pair.b);
    table.rows.push_back({text_cell(names.at(pair.b)), text_cell(names.at(pair.a)),
                          signed_cell(pair.difference, 4),
                          pair.interval ? signed_cell(pair.interval->low, 4) : text_cell("n/a"),
                          pair.interval ? signed_cell(pair.interval->high, 4) : text_cell("n/a"),
                          number_cell(pair.p_value, 4), number_cell(pair.p_adjusted, 4),
                          text_cell(tied                  ? "not proven"
                                    : pair.difference > 0 ? "better"
                                                          : "worse")});
  }
  table.notes = {fmt::format(
      "low, high: 95 % interval, paired bootstrap of {} resamples over {} groups of images. p: randomisation "
      "test, the "
      "two models' detections exchanged group by group; Holm: adjusted for all {} pairs. Proven: p (Holm) "
      "<= {:.2g}.",
      pairwise.resamples, pairwise.groups, pairwise.pairs.size(), 1 - pairwise.level)};
  if (pairwise.smallest_difference)
    table.notes.push_back(
        fmt::format("The smallest AP difference that these {} groups of images can tell between these models "
                    "is about {:.4f}.",
                    pairwise.groups, *pairwise.smallest_difference));
  return table;
}

Table error_types_table(const std::vector<std::string>& names, const std::vector<ErrorTypes>& errors) {
  if (names.size() != errors.size()) throw Error("as many names as error tables are needed");
  Table table;
  table.columns = {{"model", "model", false},
                   {"error", "error", false},
                   {"count", "count"},
                   {"AP50 would gain", "ap50_gain"},
                   {"", "meaning", false}};
  for (std::size_t m = 0; m < names.size(); ++m) {
    for (int t = 0; t < kErrorTypeCount; ++t) {
      const auto i = static_cast<std::size_t>(t);
      const auto type = static_cast<ErrorType>(t);
      table.rows.push_back({text_cell(names[m]), text_cell(to_string(type)), count_cell(errors[m].counts[i]),
                            signed_cell(errors[m].gain[i], 4), text_cell(describe(type))});
    }
    table.rows.push_back({text_cell(names[m]), text_cell("all false positives"), text_cell(""),
                          signed_cell(errors[m].gain_without_false_positives, 4), text_cell("")});
    table.rows.push_back({text_cell(names[m]), text_cell("all misses"), text_cell(""),
                          signed_cell(errors[m].gain_without_misses, 4), text_cell("")});
  }
  table.notes = {
      "Errors by kind (TIDE, Bolya 2020), of all detections whatever their score: what AP50 would gain were "
      "those of one kind mended and nothing else. Gains do not add up."};
  return table;
}

Table slices_table(const std::vector<Slice>& slices, const std::vector<SliceNumbers>& numbers) {
  if (slices.size() != numbers.size()) throw Error("as many numbers as slices are needed");
  Table table;
  table.columns = {{"attribute", "attribute", false},
                   {"value", "value", false},
                   {"images", "images"},
                   {"objects", "objects"},
                   {"AP", "ap"},
                   {"95 % interval", "interval", false},
                   {"AP50", "ap50"},
                   {"against the other images", "against_the_rest", false}};
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const auto& n = numbers[i];
    table.rows.push_back({text_cell(slices[i].attribute), text_cell(slices[i].value), count_cell(n.images),
                          count_cell(n.objects), number_cell(known(n.ap), 3),
                          text_cell(interval_text(n.interval, false)), number_cell(known(n.ap50), 3),
                          text_cell(against_the_rest(n))});
  }
  table.notes = {fmt::format(
      "Intervals: bootstrap over the groups of a slice's images, n/a with fewer than {}. Against the other "
      "images: AP of the slice minus AP of the rest; better or worse where the interval does not reach 0 (of "
      "many "
      "slices some do so by chance).",
      kMinSliceGroups)};
  return table;
}

Table quality_table(const ModelReport& model) {
  Table table;
  table.columns = {{"", "metric", false}, {"value", "value"}, {"", "meaning", false}};
  auto row = [&](const char* name, const std::optional<double>& value, const char* meaning) {
    table.rows.push_back({text_cell(name), number_cell(value, 4), text_cell(meaning)});
  };
  const auto& lrp = model.localization.mean;
  row("oLRP", lrp.error, "localisation-recall-precision error at each class's best threshold; 0 is perfect");
  row("oLRP localisation", lrp.localization, "mean 1 - IoU of the hits there");
  row("oLRP false positives", lrp.false_positives, "share of the detections there");
  row("oLRP misses", lrp.false_negatives, "share of the objects there");
  row("D-ECE", model.calibration.d_ece, "how far scores are from the share of hits; 0 is perfect");
  row("LaECE", model.calibration.la_ece, "the same, the boxes' overlap counted too");
  return table;
}

}  // namespace ds
