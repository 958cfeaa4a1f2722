#include "shared/rest.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/base/walk.h"
#include "ds/media/archive.h"
#include "ds/media/image_header.h"
#include "shared/pictures/image_search.h"
#include "shared/reading.h"
#include "shared/source_peek.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Rows of boxes have at least four numbers; lists of names and READMEs do not.
bool is_row_of_numbers(const std::string& line) {
  auto words = split_words(line);
  constexpr std::ptrdiff_t kFewest = 4;
  return std::count_if(words.begin(), words.end(),
                       [](const std::string& word) { return parse_double(word).has_value(); }) >= kFewest;
}

bool has_rows(const fs::path& file) {
  auto lines = split(SourcePeek(file).head(file), '\n');
  return std::any_of(lines.begin(), lines.end(), is_row_of_numbers);
}

std::size_t count_rows(const fs::path& file) {
  auto lines = split(glance_at_label_text(file), '\n');
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), is_row_of_numbers));
}

// What says something about a dataset, or a class list, and is read by the formats that know it.
bool is_about_the_dataset(const fs::path& file) {
  static constexpr const char* kStems[] = {"readme", "license",  "classes",      "_classes",
                                           "labels", "labelmap", "dataset_meta", "package",
                                           "notes",  "_darknet", "obj",          "label_config"};
  auto stem = to_lower(file.stem().string());
  return stem.starts_with("readme") ||
         std::any_of(std::begin(kStems), std::end(kStems), [&](const char* one) { return stem == one; });
}

bool has_label_suffix(const fs::path& file) {
  static constexpr const char* kSuffixes[] = {".json", ".jsonl", ".xml",      ".csv",   ".tsv",
                                              ".yaml", ".yml",   ".tfrecord", ".record"};
  auto suffix = to_lower(file.extension().string());
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                     [&](const char* one) { return suffix == one; });
}

/// The files of one kind, and what is said of them.
struct Kind {
  const char* code;
  Severity severity;
  const char* one;   // "picture is named by no label"
  const char* many;  // "pictures are named by no label"
  const char* advice;
  std::vector<std::string> files = {};
  std::size_t rows = 0;
};

Issue issue_of(const Kind& kind, const fs::path& root) {
  constexpr std::size_t kShown = 5;
  auto shown = kind.files;
  shown.resize(std::min(shown.size(), kShown));
  auto more =
      kind.files.size() > kShown ? fmt::format(" and {} more", kind.files.size() - kShown) : std::string();
  auto rows = kind.rows > 0 ? fmt::format(" ({})", counted(static_cast<std::int64_t>(kind.rows), "row")) : "";
  auto count = static_cast<std::int64_t>(kind.files.size());
  return {kind.code,
          kind.severity,
          {.path = root},
          fmt::format("{}{}: {}{}{}", counted(count, kind.one, kind.many), rows, join(shown, ", "), more,
                      kind.advice),
          kind.files};
}

/// Sorts the files that are left over into kinds.
class Rest {
 public:
  Rest(const fs::path& root, const std::set<std::string>& used) : root_(root), used_(used) {}

  std::vector<Issue> issues() {
    auto files = walk_files(root_, {.follow_links = true,
                                    .hidden = false,
                                    .errors = WalkErrors::denied_skipped,
                                    .wanted = [&](const fs::path& file) { return is_left(file); }});
    std::sort(files.begin(), files.end(),
              [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
    for (const auto& file : files) take(file);
    take_dead_links();
    std::vector<Issue> issues;
    for (const auto* kind : {&labels_, &links_, &archives_, &videos_, &pictures_})
      if (!kind->files.empty()) issues.push_back(issue_of(*kind, root_));
    return issues;
  }

 private:
  bool is_left(const fs::path& file) const {
    return !used_.contains(file.lexically_normal().string()) && !is_clutter(file.lexically_relative(root_));
  }

  std::string shown(const fs::path& file) const { return file.lexically_relative(root_).generic_string(); }

  void take(const fs::path& file) {
    if (has_image_suffix(file)) {
      if (!lies_with_masks(file)) pictures_.files.push_back(shown(file));
    } else if (has_archive_suffix(file)) {
      archives_.files.push_back(shown(file));
    } else if (has_video_suffix(file)) {
      videos_.files.push_back(shown(file));
    } else if (may_hold_labels(file)) {
      labels_.files.push_back(shown(file));
      if (to_lower(file.extension().string()) == ".txt") labels_.rows += count_rows(file);
    }
  }

  void take_dead_links() {
    std::error_code error;
    auto flags = fs::directory_options::skip_permission_denied;
    for (auto entry = fs::recursive_directory_iterator(root_, flags, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
      if (entry->is_symlink(error) && !fs::exists(entry->path(), error))
        links_.files.push_back(shown(entry->path()));
    std::sort(links_.files.begin(), links_.files.end());
  }

  fs::path root_;
  const std::set<std::string>& used_;
  Kind labels_{"UNREAD_LABELS", Severity::warning, "label file belongs to no image or to another format",
               "label files belong to no image or to another format", "; nothing is read from it"};
  Kind links_{"DEAD_LINK", Severity::warning, "link leads nowhere", "links lead nowhere", ""};
  Kind archives_{"UNREAD_ARCHIVE", Severity::note, "archive is left packed", "archives are left packed",
                 "; add what they hold by itself"};
  Kind videos_{"UNREAD_VIDEO", Severity::note, "video is left out", "videos are left out",
               "; add its frames by themselves"};
  Kind pictures_{"UNREAD_IMAGE", Severity::note, "picture is named by no label and left out",
                 "pictures are named by no label and left out", ""};
};

}  // namespace

bool may_hold_labels(const fs::path& file) {
  if (is_about_the_dataset(file)) return false;
  if (has_label_suffix(file)) return true;
  if (to_lower(file.extension().string()) != ".txt") return false;
  auto folder = to_lower(file.parent_path().filename().string());
  return folder.starts_with("label") || has_rows(file);
}

std::vector<Issue> issues_of_rest(const fs::path& root, const std::set<std::string>& used) {
  return Rest(root, used).issues();
}

}  // namespace ds::detail
