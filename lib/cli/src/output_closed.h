#pragma once

namespace ds::detail {

/// The reader of stdout went away: nothing is wrong, and nothing more is to be written.
struct OutputClosed {};

}  // namespace ds::detail
