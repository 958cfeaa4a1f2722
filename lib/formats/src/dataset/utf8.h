#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

/// Makes every text of the dataset UTF-8. The readers of text give nothing else; what binary files (TFRecord)
/// hold is converted here, all of it alike, if there is no doubt about its charset (certain_charset). Throws
/// FormatError with the place of the first such text where there is.
void make_utf8(ReadResult& result);

}  // namespace ds::detail
