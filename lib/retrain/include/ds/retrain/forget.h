#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ds {

class Project;

struct ForgetReport {
  std::string sha256;
  std::size_t files = 0;               // pictures, sidecars and blobs removed
  std::size_t captures = 0;            // records
  std::size_t images = 0;              // of the project, with their annotations
  std::vector<std::string> snapshots;  // that list the picture; they are immutable
};

/// Removes a captured picture for good: its files under every deployment, its records, the project's images
/// of these bytes and their blob. Run again after a crash it removes what is left.
/// @param which SHA-256 (at least 12 digits), or the name of an image
/// Throws UsageError when nothing captured fits, or more than one picture does.
ForgetReport forget_capture(Project& project, const std::string& which, bool dry_run = false);

}  // namespace ds
