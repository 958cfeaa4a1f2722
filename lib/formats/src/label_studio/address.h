#pragma once

#include <string>

namespace ds::detail {

/// The path that a task's address means: of /data/local-files/?d=..., of an upload, or of a web address.
std::string path_of_address(const std::string& address);
/// The file's name as it was before it was uploaded: uploads get eight hexadecimal digits in front. Empty
/// when it has none.
std::string without_upload_prefix(const std::string& path);

}  // namespace ds::detail
