#pragma once

namespace ds::detail {

/// Format of the folder: of project.yaml and of the manifests of snapshots.
inline constexpr int kFormat = 1;

}  // namespace ds::detail
