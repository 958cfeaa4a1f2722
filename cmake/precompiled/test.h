// Read by the tests before their own first line (cmake/Precompiled.cmake).
#pragma once

#include "library.h"

#include <catch2/catch.hpp>
