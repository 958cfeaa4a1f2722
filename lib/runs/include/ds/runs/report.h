#pragma once

#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/runs/view.h"

namespace ds {

/// One row an epoch of every run: losses, rate, speed, val AP of all and of each class (n/a where there was
/// no validation, or no object of the class).
Table epochs_table(const std::vector<RunView>& runs);

/// Runs side by side, one a row: what they are, how far they came, and their val and test AP.
Table candidates_table(const std::vector<RunView>& runs);

/// A Page (ds/report/page.h) of one run: facts, what was found in its data, curves, the candidates beside it,
/// epochs, and its options with where each came from.
/// @param group the run and the candidates beside it  @param shown which of them the page is about
std::string run_page(const std::vector<RunView>& group, std::size_t shown, const std::string& footer = {});

/// Loss, val AP and learning rate over the epochs as a PNG (ds/report/picture.h): one run with the parts of
/// its loss, or several (at least one) over each other.
std::string run_picture(const std::vector<RunView>& runs);

}  // namespace ds
