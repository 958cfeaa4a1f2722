#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "ds/dataset/dataset.h"

/// Rows of the tables images and annotations, to and from the types of ds/dataset.
namespace ds::detail {

/// The columns that image_from_row reads, of the table `images i`.
extern const char* const kImageColumns;
inline constexpr int kImageColumnCount = 16;
Image image_from_row(Statement& row);

/// Bytes whose memcmp order is natural_less's: a run of digits becomes its length and its digits.
std::string natural_sort_key(std::string_view name);

/// Reads annotations of one image after the other; keeps the class list's ids and a prepared statement.
class AnnotationReader {
 public:
  AnnotationReader(Database& database, const ClassList& classes);
  std::vector<Annotation> of(std::int64_t image_id);

 private:
  std::map<std::int64_t, int> idx_of_id_;
  Statement statement_;
};

/// Reads tags of one image after the other, by class index.
class TagReader {
 public:
  TagReader(Database& database, const ClassList& classes);
  std::vector<ImageTag> of(std::int64_t image_id);

 private:
  std::map<std::int64_t, int> idx_of_id_;
  std::optional<Statement> statement_;  // none when no image has a tag
};

/// By class index, which is the order that they are kept in.
void sort_tags(std::vector<ImageTag>& tags);
/// Throws DataError for a class that is not there or is named twice.
void check_tags(const std::vector<ImageTag>& tags, const ClassList& classes, const std::string& image_name);
void insert_tags(Database& database, const ClassList& classes, std::int64_t image_id,
                 const std::string& image_name, const std::vector<ImageTag>& tags);
/// NULL when there are none.
std::optional<std::string> attributes_column(const std::map<std::string, std::string>& attributes);

/// Sums what class_tallies must change by; `flush` writes it.
class TallyChanges {
 public:
  /// An image's annotations come (+1) or go (-1).
  void count(const std::vector<Annotation>& annotations, const ClassList& classes, int sign);
  void flush(Database& database);

 private:
  struct Change {
    std::int64_t annotations = 0, images = 0, proposals = 0;
  };
  std::map<int, Change> by_class_id_;
};

/// Writes annotation rows; refuses what cannot be stored (a class that is not there, numbers that are not
/// finite) with a DataError naming `image_name`.
class AnnotationWriter {
 public:
  AnnotationWriter(Database& database, const ClassList& classes);
  void insert(std::int64_t image_id, const std::string& image_name, const Annotation& annotation) {
    insert(image_id, image_name, annotation, annotation.id);
  }
  /// Under another id than the annotation's own.
  void insert(std::int64_t image_id, const std::string& image_name, const Annotation& annotation,
              std::int64_t id);

 private:
  const ClassList& classes_;
  Statement statement_;
};

/// Objects (annotations that are no proposals) and proposals of a list.
std::pair<std::int64_t, std::int64_t> count_objects(const std::vector<Annotation>& annotations);

/// The project's classes as they stand now.
ClassList read_classes(Database& database);

/// The image with this id, or nothing.
std::optional<Image> read_image(Database& database, std::int64_t id);

}  // namespace ds::detail
