#include "ds/report/leaderboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ds/base/error.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

const std::vector<std::string>& known_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all(coco_number_names().begin(), coco_number_names().end());
    for (const char* name :
         {"accuracy", "error_rate", "precision", "recall", "f1", "rmse", "rmse_px", "parameters", "size_mb",
          "latency_p50_ms", "latency_p95_ms", "memory_mb", "model_memory_mb"})
      all.emplace_back(name);
    return all;
  }();
  return keys;
}

bool lower_is_better(const std::string& key) {
  static const std::set<std::string> lower{"error_rate",     "rmse",      "rmse_px",
                                           "parameters",     "size_mb",   "latency_p50_ms",
                                           "latency_p95_ms", "memory_mb", "model_memory_mb"};
  return lower.contains(key);
}

std::optional<double> fact(const Evaluation& e, const std::string& key) {
  const auto facts = e.facts();
  const auto at = facts.find(key);
  return at == facts.end() ? std::nullopt : std::optional(at->second);
}

bool fits(const Evaluation& e, const std::string& key, const std::optional<double>& limit) {
  if (!limit) return true;
  const auto value = fact(e, key);
  return value && *value <= *limit;
}

std::optional<double> coco(const Evaluation& e, int n) {
  return detail::known(e.precision.numbers.values[n]);
}

/// `0.336 [.318 .355]`
Cell ap_cell(const Evaluation& e, int n) {
  auto cell = number_cell(coco(e, n), 3);
  if (!e.intervals[n]) return cell;
  auto short_text = [](double v) {
    auto text = fmt::format("{:.3f}", v);
    return text[0] == '0' ? text.substr(1) : text;
  };
  cell.text += fmt::format(" [{} {}]", short_text(e.intervals[n]->low), short_text(e.intervals[n]->high));
  return cell;
}

Cell accuracy_cell(const Evaluation& e) {
  auto cell = number_cell(e.operating.all.accuracy(), 3);
  if (cell.number)
    cell.text += fmt::format(" @{:.2f}{}", e.operating.threshold, e.operating.chosen_on_this_set ? "*" : "");
  return cell;
}

Cell error_cell(const Evaluation& e) {
  const auto& c = e.operating.all;
  auto cell = number_cell(c.error_rate(), 3);
  if (cell.number) cell.text += fmt::format(" ({:.3f}+{:.3f})", *c.fp_share(), *c.fn_share());
  return cell;
}

Cell rmse_cell(const LeaderboardEntry& entry) {
  const auto& edges = entry.common_edges ? *entry.common_edges : entry.evaluation.edges;
  auto cell = number_cell(edges.rmse, 1);
  if (cell.number) cell.text += fmt::format("% ({})", edges.pairs);
  return cell;
}

Cell parameters_cell(const Evaluation& e) {
  if (e.model.parameters <= 0) return number_cell(std::nullopt, 0);
  return {fmt::format("{:.2f} M", static_cast<double>(e.model.parameters) / 1e6),
          static_cast<double>(e.model.parameters)};
}

bool any_has(const std::vector<LeaderboardEntry>& entries, const std::string& key) {
  return std::any_of(entries.begin(), entries.end(),
                     [&](const auto& e) { return fact(e.evaluation, key).has_value(); });
}

/// "1", or "1-3" for a model that may be any of the three, " =" for one that cannot be told from the best.
std::string rank_text(const std::vector<LeaderboardEntry>& entries, std::size_t i) {
  const auto& entry = entries[i];
  if (entry.rank) {
    const auto [best, worst] = *entry.rank;
    return fmt::format("{}{}{}", best, worst > best ? fmt::format("-{}", worst) : "",
                       entry.tied_with_best ? " =" : "");
  }
  const auto& behind = entry.behind_best;
  return fmt::format("{}{}", i + 1, i > 0 && behind && behind->high >= 0 ? " =" : "");
}

/// How ties and ranks came about, and what the data can tell.
void add_rank_notes(const std::vector<LeaderboardEntry>& entries, const LeaderboardOptions& options,
                    std::vector<std::string>& notes) {
  auto any = [&](auto holds) { return std::any_of(entries.begin(), entries.end(), holds); };
  if (any([](const auto& e) { return e.rank.has_value() && e.behind_best.has_value(); })) {
    notes.push_back(
        "#: between which ranks a model lies when only proven differences of AP count (randomisation test "
        "over "
        "groups of images, all pairs of models, Holm's correction, 5 %).");
    notes.push_back("= tied with the best: the difference to it is not proven.");
  } else if (any([](const auto& e) { return e.behind_best.has_value(); })) {
    notes.push_back("= tied with the best: the paired 95 % interval of the AP difference reaches 0.");
  }
  if (options.pairwise == nullptr || !options.pairwise->smallest_difference) return;
  notes.push_back(
      fmt::format("The smallest AP difference that these {} groups of images can tell between these models "
                  "is about {:.4f}.",
                  options.pairwise->groups, *options.pairwise->smallest_difference));
}

std::vector<std::string> notes_of(const std::vector<LeaderboardEntry>& entries,
                                  const LeaderboardOptions& options) {
  std::vector<std::string> notes;
  const auto& data = entries.front().evaluation.data;
  notes.push_back(fmt::format("{} images, {} objects, fingerprint {}{}{}", data.images, data.objects,
                              data.fingerprint.substr(0, 12),
                              data.split.empty() ? "" : ", split " + data.split,
                              data.snapshot.empty() ? "" : ", snapshot " + data.snapshot));
  for (const auto& text : definitions()) notes.push_back(text);
  if (options.more) {
    notes.push_back(
        "oLRP: optimal localisation-recall-precision error (Oksuz 2021), mean over classes; 0 is perfect, 1 "
        "the "
        "worst.");
    notes.push_back(
        "D-ECE: how far scores are from the share of hits, at and above the operating threshold; 0 is "
        "perfect.");
  }
  for (const auto& text : latency_notes(entries)) notes.push_back(text);
  auto any = [&](auto holds) { return std::any_of(entries.begin(), entries.end(), holds); };
  if (any([](const auto& e) { return e.evaluation.operating.chosen_on_this_set; }))
    notes.push_back("* the threshold of best F1, chosen on this set: it flatters; fix it with --conf.");
  if (any([](const auto& e) { return e.common_edges.has_value(); }))
    notes.push_back("RMSE is over the objects that every model of this table matched.");
  if (any([](const auto& e) { return e.evaluation.resamples > 0; }))
    notes.push_back(fmt::format("[low high]: 95 % interval, bootstrap of {} resamples over groups of images.",
                                entries.front().evaluation.resamples));
  add_rank_notes(entries, options, notes);
  return notes;
}

}  // namespace

std::string shown_name(const LeaderboardEntry& entry) {
  return entry.evaluation.model.name + (entry.settings.empty() ? "" : " " + entry.settings);
}

std::vector<std::string> sort_keys() {
  return known_keys();
}

void sort_entries(std::vector<LeaderboardEntry>& entries, const std::string& key) {
  const auto& keys = known_keys();
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) throw_unknown_name("sort key", key, keys);
  const bool rising = lower_is_better(key);
  std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
    const auto va = fact(a.evaluation, key), vb = fact(b.evaluation, key);
    if (!va || !vb) return va.has_value() && !vb.has_value();
    return rising ? *va < *vb : *va > *vb;
  });
}

std::optional<LeaderboardEntry> best_within(const std::vector<LeaderboardEntry>& entries,
                                            const std::optional<double>& max_ms,
                                            const std::optional<double>& max_mb) {
  auto sorted = entries;
  sort_entries(sorted, "AP");
  for (const auto& entry : sorted)
    if (fact(entry.evaluation, "AP") && fits(entry.evaluation, "latency_p50_ms", max_ms) &&
        fits(entry.evaluation, "size_mb", max_mb))
      return entry;
  return std::nullopt;
}

Table leaderboard(const std::vector<LeaderboardEntry>& entries, const LeaderboardOptions& options) {
  Table table;
  if (entries.empty()) return table;
  table.columns = {{"#", "rank", true},
                   {"model", "model", false},
                   {"AP50-95", "ap", true},
                   {"AP50", "ap50", true},
                   {"AP75", "ap75", true},
                   {"APs", "aps", true},
                   {"APm", "apm", true},
                   {"APl", "apl", true},
                   {"accuracy", "accuracy", true},
                   {"error (FP+FN)", "error_rate", true},
                   {"RMSE (pairs)", "rmse", true}};
  if (options.more)
    table.columns.insert(table.columns.end(), {{"oLRP", "olrp", true}, {"D-ECE", "d_ece", true}});
  const bool sizes = any_has(entries, "size_mb") || any_has(entries, "parameters");
  const bool latencies = any_has(entries, "latency_p50_ms");
  if (sizes)
    table.columns.insert(table.columns.end(), {{"params", "parameters", true}, {"MB", "size_mb", true}});
  if (latencies)
    table.columns.insert(table.columns.end(),
                         {{"p50 ms", "latency_p50_ms", true}, {"p95 ms", "latency_p95_ms", true}});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& e = entries[i].evaluation;
    std::vector<Cell> row{{rank_text(entries, i), static_cast<double>(i + 1)},
                          text_cell(shown_name(entries[i])),
                          ap_cell(e, 0)};
    for (int n = 1; n < 6; ++n) row.push_back(number_cell(coco(e, n), 3));
    row.insert(row.end(), {accuracy_cell(e), error_cell(e), rmse_cell(entries[i])});
    if (options.more)
      row.insert(row.end(), {number_cell(entries[i].olrp, 3), number_cell(entries[i].d_ece, 3)});
    if (sizes) row.insert(row.end(), {parameters_cell(e), number_cell(fact(e, "size_mb"), 2)});
    if (latencies)
      row.insert(row.end(),
                 {number_cell(fact(e, "latency_p50_ms"), 1), number_cell(fact(e, "latency_p95_ms"), 1)});
    table.rows.push_back(std::move(row));
  }
  table.notes = notes_of(entries, options);
  return table;
}

std::vector<std::string> definitions() {
  return {
      "AP: COCO's average precision over IoU .50 to .95 and 101 recalls; models are ranked by it. s, m, l: "
      "objects up "
      "to 32x32, up to 96x96, and larger.",
      "accuracy = TP / (TP + FP + FN), all classes together, IoU >= .50, COCO's matching, crowd left out, at "
      "the score "
      "threshold after @.",
      "error = 1 - accuracy, and its shares of false positives and false negatives.",
      "RMSE: root mean square, over matched pairs and their four edges, of edge difference / sqrt(w*h of the "
      "object), "
      "in % of object size; the number of pairs in brackets.",
      "p50, p95: milliseconds an image, one at a time, warm."};
}

}  // namespace ds
