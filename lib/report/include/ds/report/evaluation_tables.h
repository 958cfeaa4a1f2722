#pragma once

#include "ds/base/table.h"
#include "ds/metrics/evaluation.h"

/// Tables of one evaluation.
namespace ds {

/// COCO's twelve numbers, one a row.
Table coco_table(const Evaluation& evaluation);
/// AP and counts of every class.
Table class_table(const Evaluation& evaluation);
/// True classes down, detected classes across.
Table confusion_table(const Evaluation& evaluation);

}  // namespace ds
