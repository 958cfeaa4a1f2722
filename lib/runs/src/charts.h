#pragma once

#include <vector>

#include "ds/report/chart.h"
#include "ds/runs/view.h"

namespace ds::detail {

/// Curves of one run over its epochs. The beginning of its closing part is marked.
Chart loss_chart(const RunView& run);
Chart precision_chart(const RunView& run);  // AP and AP50
Chart class_chart(const RunView& run);      // AP of each class, of at most eight
Chart rate_chart(const RunView& run);
Chart speed_chart(const RunView& run);
Chart gradient_chart(const RunView& run);

/// The same of several runs over each other, a series a run.
Chart losses_chart(const std::vector<RunView>& runs);
Chart precisions_chart(const std::vector<RunView>& runs);
Chart rates_chart(const std::vector<RunView>& runs);

}  // namespace ds::detail
