#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Talk for people, on stderr. Results never go through here.
namespace ds::log {

enum class Level { debug, info, warning, error, off };
enum class Color { automatic, always, never };

/// Before this is called only warnings and errors show.
void configure(Level level, Color color);
/// Everything logged from here on also goes to this file (a run's log.txt), with times; empty path stops it.
void also_to_file(const std::filesystem::path& path);

void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void error(std::string_view message);

/// Warnings of one kind: the first ten, then how many more there are.
void warnings(const std::vector<std::string>& messages);

}  // namespace ds::log
