#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "ds/base/error.h"

/// An XML file whose nodes know their lines.
namespace ds::detail {

class XmlFile {
 public:
  /// Throws what read_file throws. A file that is no XML loads as far as it goes, one of an unknown
  /// encoding not at all: see error().
  explicit XmlFile(const std::filesystem::path& file);

  /// Empty when the whole file is XML; else what is wrong, and error_place() says where.
  const std::string& error() const { return error_; }
  const Location& error_place() const { return error_place_; }
  pugi::xml_node root() const { return document_.document_element(); }
  /// The outermost element of that name; null when there is none.
  pugi::xml_node root(const char* name) const { return document_.child(name); }
  const std::filesystem::path& path() const { return path_; }
  Location place_of(pugi::xml_node node) const;

 private:
  std::int64_t line_of(std::ptrdiff_t offset) const;

  std::filesystem::path path_;
  pugi::xml_document document_;
  std::vector<std::size_t> line_ends_;
  std::string error_;
  Location error_place_;
};

/// The name of the outermost element, from a file's first bytes; empty when there is none.
std::string root_element_of(const std::string& head);

}  // namespace ds::detail
