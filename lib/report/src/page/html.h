#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/report/chart.h"
#include "ds/report/model_report.h"
#include "ds/report/page.h"

/// Pieces of a Page as HTML.
namespace ds::detail {

/// @param kind names of style classes of the table; may be empty
std::string table_html(const Table& table, const std::string& kind, const TableLook& look = {});
/// Columns without a single title have no heading.
bool has_titles(const Table& table);
std::string list_html(const std::vector<std::string>& items, const std::string& kind);
std::string note_html(const std::string& note);
std::string heat_map_html(const HeatMap& map);
/// JSON inside a script element: no `<` that could end it.
std::string script_json(const nlohmann::ordered_json& json);

/// The picture with its boxes over it, and what they say in its alternative text.
std::string marked_picture_html(const MarkedPicture& picture);
/// Switches and a legend of the roles that occur.
/// @param number of the gallery on the page, for its ids  @param missed what the legend calls truth_missed
std::string legend_html(const std::vector<MarkedPicture>& pictures, int number, const std::string& missed);

}  // namespace ds::detail
