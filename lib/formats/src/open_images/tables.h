#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/image.h"
#include "shared/reading.h"
#include "shared/tables/known_tables.h"

/// The tables of an Open Images dataset, told by their columns.
namespace ds::detail {

struct OpenImagesTable {
  std::filesystem::path file;
  OpenImagesKind kind = OpenImagesKind::other;
  std::optional<Split> split = std::nullopt;  // that the file's name or folder says
};

/// A row with what it takes to speak about it.
struct OpenImagesRow {
  const OpenImagesTable& table;
  const CsvColumns& columns;
  const CsvRow& cells;

  const std::string& at(const std::string& column) const { return columns.at(cells, column); }
  Location place() const { return {.path = table.file, .line = cells.line}; }
};

/// True for columns of the clicks that a box or mask was made with (lower case).
bool is_click_column(const std::string& lower);

class OpenImagesTables {
 public:
  /// Finds the tables, and notes what is not read. One table alone (`path` is a file) is read with the class
  /// names and image lists beside it.
  OpenImagesTables(Reading& reading, const std::filesystem::path& path);

  bool has(OpenImagesKind kind) const;
  /// Every row of every table of this kind. What breaks a table off is an issue, and so are the rows counted
  /// meanwhile, one for a table.
  void each(OpenImagesKind kind, const std::function<void(const OpenImagesRow&)>& take);
  /// Warns of rows that are shorter or longer than the header; true when their cells can be trusted.
  bool whole(const OpenImagesRow& row);
  /// The row's image is not there.
  void count_missing(const OpenImagesRow& row) {
    count(missing_, row, row.at("ImageID"));
    if (row.table.kind != OpenImagesKind::images) reading_.count_without_image(1);
  }
  /// The row's label is neither there nor absent for sure.
  void count_unsure(const OpenImagesRow& row) { count(unsure_, row, row.at("Confidence")); }
  /// Notes what the rows held beside what was read.
  void finish();

 private:
  struct Counted {
    std::size_t count = 0;
    std::int64_t line = 0;  // of the first
    std::string first;
  };
  static void count(Counted& counted, const OpenImagesRow& row, const std::string& what);
  void read_table(const OpenImagesTable& table, const std::function<void(const OpenImagesRow&)>& take);

  Reading& reading_;
  std::vector<OpenImagesTable> tables_;
  Counted missing_;  // of the table being read
  Counted unsure_;
  std::size_t with_clicks_ = 0;  // rows
};

/// What the writer calls classes that have no machine id: /ds/0, /ds/1, ...
inline constexpr const char* kOwnLabelPrefix = "/ds/";
/// The attribute that keeps an object's LabelName when it is a machine id (/m/01g317).
inline constexpr const char* kLabelNameAttribute = "open_images.label";

}  // namespace ds::detail
