#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/compare/comparison_report.h"
#include "ds/report/comparison_page.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct ReportFormat {
  const char* name;    // of --format
  const char* ending;  // of a file
  std::string (*text)(const ComparisonReport&);
};

std::string json_text(const ComparisonReport& report) {
  return comparison_json(report).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

constexpr ReportFormat kFormats[] = {{"html", ".html", comparison_page},
                                     {"markdown", ".md", comparison_markdown},
                                     {"json", ".json", json_text},
                                     {"csv", ".csv", comparison_csv}};

constexpr const char* kByEnding = "auto";

struct ReportFlags {
  std::vector<std::string> outputs = {"report.html"};
  std::string format = kByEnding;
  ReportOptions report;
  int worst = static_cast<int>(report.worst);
  int suspects = static_cast<int>(report.suspects);
  int disagreements = static_cast<int>(report.disagreements);
  SelectionFlags selection;
  BootstrapFlags bootstrap;

  ReportOptions options() const {
    auto made = report;
    made.worst = count("worst", worst);
    made.suspects = count("suspects", suspects);
    made.disagreements = count("disagreements", disagreements);
    if (report.picture_side < 64)
      throw UsageError(
          fmt::format("--picture-side is {}; at least 64 pixels are needed", report.picture_side));
    return made;
  }
  static std::size_t count(const char* name, int value) {
    if (value < 0) throw UsageError(fmt::format("--{} is {}; 0 or more is needed", name, value));
    return static_cast<std::size_t>(value);
  }
};

const ReportFormat& format_of(const std::string& file, const std::string& format) {
  const auto ending = to_lower(std::filesystem::path(file).extension().string());
  for (const auto& each : kFormats)
    if (format == each.name || (format == kByEnding && ending == each.ending)) return each;
  std::vector<std::string> endings;
  for (const auto& each : kFormats) endings.emplace_back(each.ending);
  throw UsageError(fmt::format(
      "--output {}: what to write does not follow from its ending; known: {}, or say it with --format", file,
      join(endings, ", ")));
}

int run_report(Context& context, const ReportFlags& o) {
  // Before minutes of work: what cannot be written.
  for (const auto& file : o.outputs) format_of(file, o.format);
  const auto options = o.options();
  auto project = tool::open_project(context);
  const auto report = comparison_report(project, o.selection.selection,
                                        bootstrap_options(o.bootstrap, context.shared), options);
  const auto verb = tool::did(context, "wrote", "would write");
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const auto& file : o.outputs) {
    const auto& format = format_of(file, o.format);
    if (!context.shared.dry_run) write_file_atomically(file, format.text(report));
    files.push_back({{"file", file}, {"format", format.name}});
    if (!context.shared.json)
      context.out.line(fmt::format("{} {}: {}", verb, file, counted(report.models.size(), "model")));
  }
  if (context.shared.json) context.out.json({{"files", std::move(files)}, {"models", report.models.size()}});
  return 0;
}

}  // namespace

void add_report(Tool& tool) {
  auto& verb =
      tool.verb("report", "write everything that is known of the models evaluated on the same images");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<ReportFlags>();
  verb.describe(R"(
      By the file's ending: .html is one page that needs no network, with charts, error types, slices,
      worst images and likely label errors; .md a comment for a pull request; .json every number
      (docs/METRICS.md, and as a schema docs/schema/ds-report.schema.json); .csv one row a model and
      metric.)")
      .example("ds-compare report -o report.html")
      .example("ds-compare report -o report.html -o report.md -o report.json");
  std::vector<std::string> formats = {kByEnding};
  for (const auto& each : kFormats) formats.emplace_back(each.name);
  verb.options()
      .add("output", o.outputs, "file to write; may be repeated", "FILE")
      .choice("format", o.format, formats, "what to write, whatever the ending")
      .add("worst", o.worst, "pictures of each model's worst images")
      .add("suspects", o.suspects, "pictures of likely label errors")
      .add("disagreements", o.disagreements, "pictures of images where models differ most")
      .add("picture-side", o.report.picture_side,
           "longer side of a picture, pixels; larger ones are scaled down");
  o.selection.bind(verb.options());
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  verb.run([&o](Context& context) { return run_report(context, o); });
}

}  // namespace ds::compare_tool
